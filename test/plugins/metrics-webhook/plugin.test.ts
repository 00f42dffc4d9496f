import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { metricSinkConformance } from '../../../core/conformance/metric-sink.js';
import type { MetricSink, RolloutBatch } from '../../../core/contracts/metric-sink.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import { webhookAddress } from '../../../plugins/metrics-webhook/address.js';
import plugin from '../../../plugins/metrics-webhook/plugin.js';
import { memoryStorage } from '../../core/train/support.js';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
  vi.unstubAllEnvs();
});

const addressOf = (server: { address(): unknown }): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=secret`;

/** A receiver; returns its address. */
async function receiver(handle: RequestListener): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  return addressOf(server);
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> =>
  JSON.parse(Buffer.concat((await request.toArray()) as Buffer[]).toString()) as Record<string, unknown>;

/** A receiver that keeps what it is given and answers with the statuses in turn, the last one from then on. */
async function keeper(...statuses: number[]): Promise<{ url: string; kept: Record<string, unknown>[] }> {
  const kept: Record<string, unknown>[] = [];
  const url = await receiver((request, response) => {
    void bodyOf(request).then((body) => {
      kept.push(body);
      const status = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('answer');
    });
  });
  return { url, kept };
}

function openSink(url: string | undefined, settings: object = {}): { sink: MetricSink; logged: string[] } {
  const [provider] = plugin.provides;
  const logged: string[] = [];
  const context = {
    platform: { storage: { ...memoryStorage(new Map()), location: '/runs/mine' } },
    events: { log: (_: string, message: string) => logged.push(message) },
  } as unknown as ProviderContext;
  const parsed = provider.settings.parse({ ...(url !== undefined && { url }), ...settings });
  return { sink: provider.create(parsed as never, context) as MetricSink, logged };
}

async function runIterations(sink: MetricSink, count: number): Promise<void> {
  for (let iteration = 1; iteration <= count; iteration++) {
    const metrics = { iteration, reward: iteration / 4 };
    await sink.record(metrics);
    await sink.iterationEnd?.({ iteration, iterations: count, metrics });
  }
}

const evaluation = (values: readonly number[]): RolloutBatch =>
  ({ iteration: 0, set: 'held', records: values.map((value) => ({ result: { value } })) }) as unknown as RolloutBatch;

describe('the sink', () => {
  for (const { title, run } of metricSinkConformance(async () => openSink((await keeper(200)).url).sink))
    it(title, run);

  it('posts evaluations, iterations and the end, in order', async () => {
    const { url, kept } = await keeper(200);
    const { sink, logged } = openSink(url);
    await sink.rollouts?.(evaluation([1, 0, 0, 1]));
    await sink.rollouts?.({ ...evaluation([1]), set: undefined } as unknown as RolloutBatch);
    await runIterations(sink, 2);
    await sink.dispose?.();
    expect(kept.map(({ time, ...message }) => [typeof time, message])).toEqual(
      [
        { run: 'mine', event: 'evaluation', iteration: 0, set: 'held', responses: 4, reward: 0.5 },
        { run: 'mine', event: 'iteration', iteration: 1, iterations: 2, metrics: { iteration: 1, reward: 0.25 } },
        { run: 'mine', event: 'iteration', iteration: 2, iterations: 2, metrics: { iteration: 2, reward: 0.5 } },
        { run: 'mine', event: 'end', iteration: 2, iterations: 2, complete: true },
      ].map((message) => ['string', message]),
    );
    expect(logged).toEqual([]);
  });

  it('tells that a run ended before its last iteration, or before its first', async () => {
    const { url, kept } = await keeper(200);
    const { sink } = openSink(url);
    await sink.iterationEnd?.({ iteration: 1, iterations: 9, metrics: {} });
    await sink.dispose?.();
    await openSink(url).sink.dispose?.();
    const ends = kept.filter(({ event }) => event === 'end');
    expect(ends.map(({ iteration, complete }) => [iteration, complete])).toEqual([
      [1, false],
      [null, false],
    ]);
  });

  it('tries again after an error of the receiver, and not after a refusal', async () => {
    const failing = await keeper(503, 200);
    const first = openSink(failing.url);
    await first.sink.dispose?.();
    expect([failing.kept.length, first.logged]).toEqual([2, []]);
    const refusing = await keeper(404);
    const second = openSink(refusing.url);
    await second.sink.dispose?.();
    expect([refusing.kept.length, second.logged.length]).toEqual([1, 1]);
  });
});

describe('a receiver that', () => {
  /** One line in the log, with nothing of the address but its host. */
  async function expectReportedOnce(url: string, reason: RegExp, settings: object = {}): Promise<void> {
    const { sink, logged } = openSink(url, { attempts: 1, timeoutMs: 200, ...settings });
    await runIterations(sink, 3);
    await sink.dispose?.();
    expect(logged).toEqual([expect.stringMatching(reason)]);
    expect(logged[0]).not.toMatch(/secret|hook\?|token/);
  }

  it('is not there is reported once', async () => {
    const url = await receiver(() => undefined);
    for (const server of open.splice(0)) server.close();
    await expectReportedOnce(url, /cannot be reached: ECONNREFUSED/, { attempts: 2 });
  });

  it('redirects is not followed', async () => {
    const { url, kept } = await keeper(302);
    await expectReportedOnce(url, /redirects, which is refused/, { attempts: 3 });
    expect(kept.length).toBe(4);
  });

  it('never answers is given up', async () => {
    await expectReportedOnce(await receiver(() => undefined), /does not answer in time/);
  });

  it('answers without end is not listened to', async () => {
    let sent = 0;
    const url = await receiver((request, response) => {
      request.resume();
      response.writeHead(200);
      const timer = setInterval(() => {
        sent++;
        response.write('x'.repeat(1_000));
      }, 1);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    const { sink, logged } = openSink(url);
    await runIterations(sink, 3);
    await sink.dispose?.();
    expect(logged).toEqual([]);
    expect(sent).toBeLessThan(1_000);
  });

  it('speaks no HTTP, or hangs up, is reported once', async () => {
    const server = createTcpServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.end('secret\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    await expectReportedOnce(addressOf(server), /cannot be reached/);
  });

  it('is slower than the run keeps no iteration waiting, and gets the newest messages', async () => {
    const kept: Record<string, unknown>[] = [];
    let answer = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const url = await receiver((request, response) => {
      void bodyOf(request).then(async (body) => {
        kept.push(body);
        await released;
        response.end();
      });
    });
    const { sink } = openSink(url);
    await runIterations(sink, 300);
    answer();
    await sink.dispose?.();
    expect(kept.length).toBe(101);
    expect(kept.at(-1)).toMatchObject({ event: 'end', iteration: 300, complete: true });
  });
});

describe('the address', () => {
  it('comes from the settings, else from the environment', () => {
    const environment = { ORZ_WEBHOOK_URL: 'https://b.example/' };
    expect(webhookAddress('http://a.example/x', environment).href).toBe('http://a.example/x');
    expect(webhookAddress(undefined, environment).href).toBe('https://b.example/');
  });

  it('is refused without being shown if it cannot be used', () => {
    for (const text of ['', 'secret', 'ftp://a.example/secret', 'https://user:secret@a.example/']) {
      const refused = (): unknown => webhookAddress(undefined, { ORZ_WEBHOOK_URL: text });
      expect(codeOf(refused)).toBe('ORZ_CONFIG_INVALID');
      expect(messageOf(refused)).not.toContain('secret');
    }
    expect(codeOf(() => webhookAddress(undefined, {}))).toBe('ORZ_CONFIG_INVALID');
  });
});

function messageOf(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return JSON.stringify([(error as Error).message, (error as { details?: unknown }).details]);
  }
}

function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
