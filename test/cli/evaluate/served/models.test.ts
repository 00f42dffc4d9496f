import { expect, test } from 'vitest';
import { answersOf, openAt, questions, startServer } from './answering.js';
import { json, plain } from './fake-server.js';

const listOf = (...ids: readonly string[]) => json({ object: 'list', data: ids.map((id) => ({ id })) });

test('the only model is taken', async () => {
  const server = await startServer();
  server.models = listOf('org/one');
  expect((await openAt(server.url)).identity).toMatchObject({ name: 'org/one', computedBy: { url: server.url } });
});

test('of several, one must be named', async () => {
  const server = await startServer();
  server.models = listOf('a', 'b');
  await expect(openAt(server.url)).rejects.toMatchObject({
    code: 'ORZ_USAGE',
    message: 'The server lists 2 models, and none was chosen',
    details: { allowed: ['a', 'b'], remedy: 'Name the model with --served-model.' },
  });
  expect((await openAt(server.url, { model: 'b' })).identity.name).toBe('b');
});

test('no model at all', async () => {
  const server = await startServer();
  server.models = listOf();
  await expect(openAt(server.url)).rejects.toMatchObject({ message: 'The server lists no model' });
});

test('a model may be named that is not listed; if the server refuses it, the error lists those there are', async () => {
  const server = await startServer();
  server.models = listOf('a', 'b');
  const answerer = await openAt(server.url, { model: '/models/c' });
  expect((await answersOf(answerer, questions(1))).error).toBeUndefined();
  server.fallback = json({ error: { message: 'The model /models/c does not exist.' } }, 404);
  expect((await answersOf(answerer, questions(1))).error).toMatchObject({
    message: expect.stringContaining('The model /models/c does not exist.'),
    details: { allowed: ['a', 'b'], remedy: expect.stringContaining("'/models/c'") },
  });
});

test('a server without a list of models', async () => {
  const server = await startServer();
  server.models = plain('Not Found', 404);
  expect((await openAt(server.url, { model: 'x' })).identity.computedBy).toEqual({ url: server.url });
  await expect(openAt(server.url)).rejects.toMatchObject({ code: 'ORZ_SERVER', message: /404 Not Found/ });
});

test('a list that is none', async () => {
  const server = await startServer();
  for (const list of [json([]), json({ data: [{ id: '' }] }), json({ data: 'all' }), plain('<html>')]) {
    server.models = list;
    await expect(openAt(server.url)).rejects.toMatchObject({ code: 'ORZ_SERVER_UNREACHABLE' });
  }
});

test('names of models are harmless', async () => {
  const server = await startServer();
  server.models = listOf('\u001b[2J', 'b'.repeat(10_000));
  const error = (await openAt(server.url).catch((thrown: unknown) => thrown)) as { details: { allowed: string[] } };
  for (const name of error.details.allowed) expect(name).toMatch(/^[\x20-\x7e…]{1,301}$/);
});
