import { expect, test } from 'vitest';
import { serverAddress } from '../../../../cli/evaluate/served/address.js';
import type { OrzError } from '../../../../core/errors.js';
import { answersOf, openAt, questions, startServer } from './answering.js';
import { json, plain } from './fake-server.js';

const secret = 'sk-very-secret-4711';
const withKey = { keyVariable: 'MY_KEY', environment: { MY_KEY: secret, OPENAI_API_KEY: 'sk-other' } };

/** Everything that can be read of an error. */
const shown = (error: unknown): string => {
  const { message, stack, details, cause } = error as OrzError;
  return JSON.stringify([message, stack, details, String(cause), Object.entries(Object(cause) as object)]);
};

test('the key goes to the server with every request, and nowhere else', async () => {
  const server = await startServer();
  const answerer = await openAt(server.url, withKey);
  await answersOf(answerer, questions(2));
  expect(server.asked).toHaveLength(3);
  for (const { headers, body, path } of server.asked) {
    expect(headers.authorization).toBe(`Bearer ${secret}`);
    expect(JSON.stringify([body, path])).not.toContain(secret);
  }
  expect(JSON.stringify([answerer.identity, answerer.traffic])).not.toContain(secret);
});

test('no key is sent that was not named', async () => {
  const server = await startServer();
  await answersOf(await openAt(server.url, { environment: { OPENAI_API_KEY: secret } }), questions(1));
  for (const { headers } of server.asked) expect(JSON.stringify(headers)).not.toContain(secret);
});

test.each([301, 302, 303, 307, 308])(
  'a redirect (%i) is not followed: the key reaches no other port',
  async (status) => {
    const [server, thief] = [await startServer(), await startServer()];
    const location = `${thief.url}/chat/completions`;
    server.fallback = plain('', status, { location });
    const { error } = await answersOf(await openAt(server.url, withKey), questions(1));
    expect(error).toMatchObject({ code: 'ORZ_SERVER', message: expect.stringContaining(location) });
    expect(shown(error)).not.toContain(secret);
    server.models = plain('', status, { location: `${thief.url}/models` });
    await expect(openAt(server.url, withKey)).rejects.toMatchObject({ code: 'ORZ_SERVER' });
    expect(thief.asked).toEqual([]);
  },
);

test('the key is in no error', async () => {
  const server = await startServer();
  const answerer = await openAt(server.url, withKey);
  for (const fault of [json({ detail: 'bad key' }, 401), json({}, 500), plain('no JSON'), json({}, 404)]) {
    server.fallback = fault;
    expect(shown((await answersOf(answerer, questions(1))).error)).not.toContain(secret);
  }
  await server.stop();
  expect(shown((await answersOf(answerer, questions(1))).error)).not.toContain(secret);
});

const repeating = [
  json({ error: { message: `Incorrect API key: ${secret}` } }, 401),
  json({ error: { message: `Incorrect API key: ${secret}` } }, 500),
  json({ error: { message: `Incorrect API key: ${secret}` } }),
  plain(`${'x'.repeat(290)}${secret}`, 403),
  plain(`${'x'.repeat(260)}${secret}`),
  plain('', 302, { location: `https://sign.in/?key=${secret}` }),
];

test.each(repeating.map((_, i) => i))('nor where the server repeats it: %i', async (which) => {
  const server = await startServer();
  const told: string[] = [];
  const answerer = await openAt(server.url, { ...withKey, onTrouble: (message) => void told.push(message) });
  server.fallback = repeating[which] ?? server.fallback;
  const { error } = await answersOf(answerer, questions(1));
  expect((error as OrzError).message).toContain('API key');
  expect(shown(error) + told.join()).not.toContain(secret.slice(0, 9));
});

test('a refused key: the error names the variable', async () => {
  const server = await startServer();
  server.models = json({ detail: 'bad key' }, 401);
  const error: unknown = await openAt(server.url, withKey).catch((thrown: unknown) => thrown);
  expect((error as OrzError).details.remedy).toContain('MY_KEY');
  expect(shown(error)).not.toContain(secret);
});

test.each([
  ['missing', { keyVariable: 'MY_KEY', environment: {} }, /no API key in the environment variable MY_KEY/],
  ['empty', { keyVariable: 'MY_KEY', environment: { MY_KEY: '' } }, /no API key/],
  ['not for a header', { keyVariable: 'MY_KEY', environment: { MY_KEY: `${secret}\nX: y` } }, /cannot be sent/],
])('a key that is %s', async (_, options, message) => {
  const error: unknown = await openAt('http://127.0.0.1:9', options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ORZ_USAGE', message: expect.stringMatching(message) });
  expect(shown(error)).not.toContain(secret);
});

test('a key crosses no network unprotected', async () => {
  await expect(openAt('http://gpu.example:8000', withKey)).rejects.toMatchObject({
    code: 'ORZ_USAGE',
    message: 'The API key would travel unprotected',
  });
});

test.each([
  ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1', true],
  ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/v1', true],
  ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000/v1', true],
  ['http://LOCALHOST/v1', 'http://localhost/v1', true],
  ['http://[::1]:8000', 'http://[::1]:8000/v1', true],
  ['http://2130706433:80', 'http://127.0.0.1/v1', true],
  ['https://api.example/openai/v1', 'https://api.example/openai/v1', true],
  ['http://gpu:8000', 'http://gpu:8000/v1', false],
  ['http://127.0.0.1.example', 'http://127.0.0.1.example/v1', false],
])('the address %s', (text, base, isProtected) => {
  expect(serverAddress(text)).toEqual({ base, isProtected });
});

test.each([
  ['nonsense', /is none/],
  ['ftp://host', /http or https/],
  ['file:///etc/passwd', /http or https/],
  [`http://me:${secret}@host`, /name or a password/],
  [`http://${secret}@host`, /name or a password/],
  [`http://host/v1?key=${secret}`, /end after its path/],
  [`http://host/v1#${secret}`, /end after its path/],
  ['http://host/v1/chat/completions', /before the name of the request/],
  ['http://host/v1/completions/', /before the name of the request/],
])('an address that will not do: %s', (text, message) => {
  let error: unknown;
  try {
    serverAddress(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: 'ORZ_USAGE', message: expect.stringMatching(message) });
  expect(shown(error)).not.toContain(secret);
});
