import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TinkerConnection } from '../../../../plugins/engine-tinker/transport/connection.js';
import { quick } from './scenario.js';

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that answers the n-th request with the n-th handler, and the last ones with the last. */
async function serve(...handlers: ((response: ServerResponse) => void)[]) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += (chunk as Buffer).toString('latin1');
      handlers[Math.min(seen.length, handlers.length - 1)]?.(response);
      seen.push({ headers: request.headers, body });
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const answer =
  (status: number, body: object = { done: true }, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const cut = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"do', () => response.destroy());
};
const reset = (response: ServerResponse): void => {
  response.destroy();
};
const silent = (): void => {};

const key = 'tml-very-secret';
const call = { path: 'optim_step', what: 'a step', phase: 'policy.step', body: { seq_id: 3 } };
const connect = (url: string, times = {}) => new TinkerConnection({ url, key, times: { ...quick, ...times } });

describe('a request', () => {
  it('is repeated with the same bytes until it succeeds', async () => {
    const { url, seen } = await serve(reset, cut, answer(500), answer(429), answer(408), answer(503), answer(200));
    const connection = connect(url);
    expect(await connection.json(call)).toEqual({ done: true });
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"seq_id":3}']));
    const counted = connection.traffic.snapshot()['policy.step'];
    expect(counted).toMatchObject({ requests: 7, repetitions: 6, bytesSent: 7 * 12 });
  });

  it('is repeated when no answer comes in time', async () => {
    const { url, seen } = await serve(silent, answer(200));
    expect(await connect(url, { attemptMs: 100 }).json(call)).toEqual({ done: true });
    expect(seen.length).toBeGreaterThan(1);
  });

  it('waits as long as the server asks', async () => {
    const { url } = await serve(answer(429, {}, { 'retry-after': '0.2' }), answer(200));
    const start = performance.now();
    await connect(url).json(call);
    expect(performance.now() - start).toBeGreaterThanOrEqual(195);
  });

  it('is given up when patience ends, naming the server and the last reason', async () => {
    const { url } = await serve(answer(503, { detail: 'overloaded' }));
    const failure = connect(url, { patienceMs: 100 }).json(call);
    await expect(failure).rejects.toMatchObject({ code: 'ORZ_SERVER_UNREACHABLE', details: { origin: url } });
    await expect(failure).rejects.toThrow(/a step within 0\.1 s: it answers 503 .*overloaded/);
  });

  it('is given up when nothing listens', async () => {
    const { url } = await serve(silent);
    const other = url.replace(/\d+$/, '1');
    await expect(connect(other, { patienceMs: 50 }).json(call)).rejects.toThrow(/ECONNREFUSED|bad port/);
  });

  it.each([
    [400, 'ORZ_SERVER', /refuses a step: 400 bad/],
    [401, 'ORZ_SERVER', /401/],
    [409, 'ORZ_SERVER', /409/],
    [410, 'ORZ_SERVER_STATE', /has lost/],
    [422, 'ORZ_SERVER', /422/],
    [501, 'ORZ_SERVER', /501/],
  ])('answered with %i is not repeated', async (status, code, message) => {
    const { url, seen } = await serve(answer(status, { detail: 'bad' }));
    const failure = connect(url).json(call);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(message);
    expect(seen).toHaveLength(1);
  });

  it('is repeated or not as the server says itself', async () => {
    const { url, seen } = await serve(
      answer(409, {}, { 'x-should-retry': 'true' }),
      answer(500, { detail: 'never' }, { 'x-should-retry': 'false' }),
    );
    await expect(connect(url).json(call)).rejects.toThrow(/500 never/);
    expect(seen).toHaveLength(2);
  });

  it.each([
    [404, { detail: 'Model not found' }, 'ORZ_SERVER_STATE'],
    [404, { detail: 'Not Found' }, 'ORZ_SERVER'],
    [404, {}, 'ORZ_SERVER'],
    [409, { detail: 'Training request sequence number was reused' }, 'ORZ_SERVER_STATE'],
    [422, { detail: [{ loc: ['body', 'seq_id'], msg: 'wrong' }] }, 'ORZ_SERVER'],
  ])('%i %j is %s', async (status, body, code) => {
    const { url } = await serve(answer(status, body));
    await expect(connect(url).json(call)).rejects.toMatchObject({ code });
  });

  it('answered with a page is an error', async () => {
    const { url } = await serve((response) => response.end('<html>'));
    await expect(connect(url).json(call)).rejects.toThrow('The answer to a step cannot be read: <html>');
  });

  it('ends with its signal, while it waits and while it pauses', async () => {
    for (const handler of [silent, answer(503)]) {
      const { url } = await serve(handler);
      const controller = new AbortController();
      const failure = connect(url, { firstPauseMs: 5_000, maxPauseMs: 5_000 }).json({
        ...call,
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(new Error('stopped')), 30);
      await expect(failure).rejects.toThrow('stopped');
    }
  });
});

describe('the key', () => {
  it('is in one header', async () => {
    const { url, seen } = await serve(answer(200));
    await connect(url).json(call);
    expect(seen[0]?.headers['x-api-key']).toBe(key);
  });

  it('goes to no other host: redirects are refused', async () => {
    const other = await serve(answer(200));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await serve(answer(status, {}, { location: other.url }));
      await expect(connect(url).json(call)).rejects.toThrow(/redirects a step to http.*, which is not followed/);
    }
    expect(other.seen).toHaveLength(0);
  });

  it('is in no error, whatever the server and the network do', async () => {
    const handlers = [answer(400), answer(401), answer(302, {}, { location: 'http://b' }), reset, cut, answer(500)];
    for (const handler of handlers) {
      const { url } = await serve(handler);
      const error: unknown = await connect(url, { patienceMs: 20 })
        .json(call)
        .catch((thrown: unknown) => thrown);
      expect(allOf(error)).not.toContain(key);
    }
  });
});

/** Everything that a log could show of an error. */
function allOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const fields = JSON.stringify({ ...error, details: undefined });
  return [error.message, error.stack, fields, allOf(error.cause)].join('\n');
}
