import { expect, test, vi } from 'vitest';
import type { OrzError } from '../../../../core/errors.js';
import { pauseMs } from '../../../../cli/evaluate/served/connection.js';
import { describeTraffic } from '../../../../cli/evaluate/served/traffic.js';
import { answersOf, greedy, neverAborted, openAt, questions, startServer } from './answering.js';
import { halfABody, json, plain, reply, reset, silence, type Behaviour } from './fake-server.js';

const good = { stopReason: 'stop', responseTokens: 6, sample: 0, text: 'The answer is 4.' };
/** Only silence waits for it; a good answer is far quicker, on a busy machine too. */
const deadlineMs = 1_500;

const faults: readonly (readonly [string, Behaviour, string])[] = [
  ['429', json({ error: { message: 'slow down' } }, 429), 'status 429'],
  ['429 with a time', json({}, 429, { 'retry-after': '3600' }), 'status 429'],
  ['429 with a date', json({}, 429, { 'retry-after': 'Wed, 21 Oct 2065 07:28:00 GMT' }), 'status 429'],
  ['429 with nonsense', json({}, 429, { 'retry-after': 'soon' }), 'status 429'],
  ['500', plain('Internal Server Error', 500), 'status 500'],
  ['502 of a proxy', plain('<html>502 Bad Gateway</html>', 502), 'status 502'],
  ['503', plain('', 503), 'status 503'],
  ['half a body', halfABody, 'connection'],
  ['a connection reset', reset, 'connection'],
  ['nothing', silence, 'late'],
  ['wrong JSON', plain('{"choices": [', 200, { 'content-type': 'application/json' }), 'unreadable'],
  ['JSON of another shape', json({ answer: 4 }), 'unreadable'],
  ['no choices', json({ choices: [] }), 'unreadable'],
  ['an error with status 200', json({ error: { message: 'out of memory' } }), 'unreadable'],
  ['a page with status 200', plain('<!doctype html><title>Sign in</title>'), 'unreadable'],
  ['a huge body', plain(`"${'x'.repeat(1_100_000)}"`), 'unreadable'],
  ['a status that means nothing', plain('', 599), 'status 599'],
  ['no content', plain('', 204), 'unreadable'],
];

test.each(faults)('%s is repeated and counted', async (_, fault, kind) => {
  const server = await startServer();
  server.queue(fault, fault);
  const answerer = await openAt(server.url, { deadlineMs });
  const { answers, error } = await answersOf(answerer, questions(2));
  expect(error).toBeUndefined();
  expect(answers).toEqual([
    { ...good, question: 0 },
    { ...good, question: 1 },
  ]);
  // Two for the answers, two for the faults, one for the list of models.
  expect(answerer.traffic).toEqual({ requests: 5, successes: 3, repeated: { [kind]: 2 } });
  expect(describeTraffic(answerer.traffic)).toBe(`5 requests to the server, 2 repeated (${kind}: 2)`);
});

test.each(faults)('%s without end: a clear error, and what came stays', async (_, fault) => {
  const server = await startServer();
  server.queue(reply({ text: 'first' }));
  server.fallback = fault;
  const { answers, error } = await answersOf(await openAt(server.url, { deadlineMs }), questions(4));
  expect(answers.map(({ text }) => text)).toEqual(['first']);
  const { code, message, details } = error as OrzError;
  expect(code).toBe('ORZ_SERVER_UNREACHABLE');
  expect(message).toMatch(/^No success with question 1 \('sums\/1'\), sample 0 in 3 attempts: \S/);
  expect(message.length).toBeLessThan(450);
  expect(details).toMatchObject({ origin: server.url, remedy: expect.stringMatching(/run the same command again/) });
});

test('an answer that comes too late, or twice, is not taken for that of the next question', async () => {
  const server = await startServer();
  const connections = new Set<unknown>();
  server.fallback = (response, asked) => {
    const { socket } = response;
    if (connections.has(socket)) {
      const stale = JSON.stringify({ choices: [{ finish_reason: 'stop', message: { content: 'stale' } }] });
      socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: ${stale.length}\r\n\r\n${stale}`);
    } else {
      connections.add(socket);
      reply({ text: 'fresh' })(response, asked);
    }
  };
  const { answers, error } = await answersOf(await openAt(server.url), questions(3));
  expect([answers.map(({ text }) => text), error]).toEqual([['fresh', 'fresh', 'fresh'], undefined]);
});

test.each([{}, { usage: null }, { usage: {} }, { usage: { completion_tokens: null } }])(
  'a length that is not stated is unknown, and the response counts: %j',
  async (usage) => {
    const server = await startServer();
    server.fallback = json({ choices: [{ finish_reason: 'stop', message: { content: 'fine' } }], ...usage });
    const { answers } = await answersOf(await openAt(server.url), questions(1));
    expect(answers).toMatchObject([{ text: 'fine', responseTokens: null }]);
  },
);

test('trouble is told at once, and once for each reason', async () => {
  const server = await startServer();
  const told: string[] = [];
  const onTrouble = (message: string): void => void told.push(message);
  const answerer = await openAt(server.url, { onTrouble });
  server.queue(plain('', 500), json({}, 429), reply({ text: '' }), plain('', 500));
  await answersOf(answerer, questions(2));
  await server.stop();
  await expect(openAt(server.url, { onTrouble })).rejects.toMatchObject({ code: 'ORZ_SERVER_UNREACHABLE' });
  expect(told).toEqual([
    `${server.url}: it answers 500; each request is repeated up to 2 times`,
    `${server.url}: it answers 429 {}; each request is repeated up to 2 times`,
    `${server.url}: it refuses the connection; each request is repeated up to 2 times`,
  ]);
});

test('a server that is gone', async () => {
  const server = await startServer();
  const answerer = await openAt(server.url, { concurrency: 4 });
  await server.stop();
  const { answers, error } = await answersOf(answerer, questions(20));
  expect(answers).toEqual([]);
  expect(error).toMatchObject({ code: 'ORZ_SERVER_UNREACHABLE', message: expect.stringMatching(/refuses|broke/) });
  await expect(openAt(server.url)).rejects.toMatchObject({
    code: 'ORZ_SERVER_UNREACHABLE',
    message: expect.stringMatching(/the list of its models in 3 attempts: it refuses the connection/),
  });
});

test('one question that always fails: the others are answered first', async () => {
  const server = await startServer();
  server.fallback = (response, asked) => {
    const isBad = JSON.stringify(asked.body).includes('What is 2 +');
    (isBad ? plain('crashed', 500) : reply({ text: 'fine' }))(response, asked);
  };
  const { answers, error } = await answersOf(await openAt(server.url, { concurrency: 3 }), questions(200));
  expect(answers).toHaveLength(199);
  expect(error).toMatchObject({
    code: 'ORZ_SERVER_UNREACHABLE',
    message: expect.stringMatching(/^1 response could not be had; the first: .*question 2 .*500 crashed/),
  });
});

test.each([
  [400, { error: { message: "This model's maximum context length is 32 tokens" } }, /maximum context/, /context/],
  [401, { detail: 'Unauthorized' }, /401 Unauthorized/, /--api-key-env/],
  [403, { error: 'forbidden' }, /403 forbidden/, /--api-key-env/],
  [404, { message: 'no such model' }, /404 no such model/, /--served-model/],
  [422, { detail: [{ loc: ['body', 'seed'], msg: 'extra' }] }, /422 .*seed.*extra/, /context/],
  [418, 'I am a teapot', /418 "I am a teapot"/, /log of the server/],
])('%i is final', async (status, said, message, remedy) => {
  const server = await startServer();
  server.fallback = json(said, status);
  const { error } = await answersOf(await openAt(server.url), questions(3));
  expect(error).toMatchObject({ code: 'ORZ_SERVER', message: expect.stringMatching(message) });
  expect((error as OrzError).details).toMatchObject({ value: status, remedy: expect.stringMatching(remedy) });
  expect(server.prompts).toHaveLength(1);
});

test('the words of a server are harmless and short', async () => {
  const server = await startServer();
  server.fallback = plain(`\u001b[2J\u0007${'evil\n'.repeat(10_000)}`, 400);
  const { error } = await answersOf(await openAt(server.url), questions(1));
  const { message } = error as OrzError;
  expect(message).toMatch(/^[\x20-\x7e…]+$/);
  expect(message.length).toBeLessThan(400);
});

test('pauses double up to a limit; the server may ask for longer ones, up to another', () => {
  const patience = { attempts: 9, firstPauseMs: 500, maxPauseMs: 3_000, maxAskedPauseMs: 60_000 };
  const pauses = (spread: number): number[] => [1, 2, 3, 4, 5].map((attempt) => pauseMs(patience, attempt, spread, 0));
  expect(pauses(0)).toEqual([500, 1_000, 2_000, 3_000, 3_000]);
  expect(pauses(1)).toEqual([250, 500, 1_000, 1_500, 1_500]);
  expect(pauseMs(patience, 1, 0, 20_000)).toBe(20_000);
  expect(pauseMs(patience, 1, 0, 7_200_000)).toBe(60_000);
  expect(pauseMs(patience, 4, 0, 1_000)).toBe(3_000);
});

test('an abort ends all requests with its reason', async () => {
  const server = await startServer();
  server.fallback = silence;
  const answerer = await openAt(server.url, { concurrency: 4 });
  const stop = new AbortController();
  const reason = new Error('Ctrl-C');
  const answering = answerer.answer(questions(9), greedy, {
    signal: stop.signal,
    onAnswer: async () => undefined,
  });
  await vi.waitFor(() => expect(server.prompts).toHaveLength(4));
  stop.abort(reason);
  await expect(answering).rejects.toBe(reason);
  await expect(
    answerer.answer(questions(1), greedy, { signal: stop.signal, onAnswer: async () => undefined }),
  ).rejects.toBe(reason);
});

test('an abort ends the pause before a repetition', async () => {
  const server = await startServer();
  server.fallback = plain('', 503);
  const patience = { attempts: 3, firstPauseMs: 600_000, maxPauseMs: 600_000, maxAskedPauseMs: 0 };
  const answerer = await openAt(server.url, { patience });
  const stop = new AbortController();
  const reason = new Error('Ctrl-C');
  const answering = answerer.answer(questions(1), greedy, { signal: stop.signal, onAnswer: async () => undefined });
  await vi.waitFor(() => expect(server.prompts).toHaveLength(1));
  stop.abort(reason);
  await expect(answering).rejects.toBe(reason);
});

test('what takes the answers may fail', async () => {
  const server = await startServer();
  const answerer = await openAt(server.url, { concurrency: 2 });
  const full = new Error('disk full');
  const onAnswer = async (): Promise<void> => {
    throw full;
  };
  await expect(answerer.answer(questions(50), greedy, { signal: neverAborted(), onAnswer })).rejects.toBe(full);
  expect(server.prompts.length).toBeLessThan(6);
});
