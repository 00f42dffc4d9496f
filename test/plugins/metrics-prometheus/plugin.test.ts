import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { metricSinkConformance } from '../../../core/conformance/metric-sink.js';
import type { MetricSink } from '../../../core/contracts/metric-sink.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import { isLoopback } from '../../../plugins/metrics-prometheus/access.js';
import { exposition } from '../../../plugins/metrics-prometheus/exposition.js';
import plugin from '../../../plugins/metrics-prometheus/plugin.js';

const open: MetricSink[] = [];
afterEach(async () => {
  for (const sink of open.splice(0)) await sink.dispose?.();
  vi.unstubAllEnvs();
});

async function openSink(settings: object = {}): Promise<{ sink: MetricSink; url: string }> {
  const [provider] = plugin.provides;
  const logged: string[] = [];
  const context = {
    platform: { storage: { location: '/runs/my "run"' } },
    events: { log: (_: string, message: string) => logged.push(message) },
  } as unknown as ProviderContext;
  const sink = await provider.create(provider.settings.parse({ port: 0, ...settings }) as never, context);
  open.push(sink);
  const url = /http:\S+/.exec(logged.join())?.[0] ?? '';
  return { sink, url };
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** Unlike `fetch`, this sends any header. */
const ask = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      void response.toArray().then((chunks) => {
        const body = Buffer.concat(chunks as Buffer[]).toString();
        resolve({ status: response.statusCode, type: response.headers['content-type'], body });
      });
    })
      .on('error', reject)
      .end();
  });

describe('the text', () => {
  it('names metrics in snake case, with parts and held-out sets as labels', () => {
    const metrics = {
      iteration: 3,
      reward: 0.25,
      rewardStd: 1e-12,
      kl: null,
      note: 'a text',
      weightVersion: 4,
      stopReasons: { stop: 0.75, length: 0.25 },
      rewardPool: { timeouts: 1 },
      warnings: {},
      'evaluation/a "set"\\\n/b': { reward: 0.5 },
      'evaluation/other': { reward: 1 },
    };
    expect(exposition(metrics, { run: 'mine', iterations: 9, recorded: 12.5 }).split('\n')).toEqual([
      '# HELP orz_run_info Which run this is.',
      '# TYPE orz_run_info gauge',
      'orz_run_info{run="mine"} 1',
      '# HELP orz_run_iterations Iterations of the whole run.',
      '# TYPE orz_run_iterations gauge',
      'orz_run_iterations 9',
      '# HELP orz_run_recorded_timestamp_seconds When the last iteration was recorded.',
      '# TYPE orz_run_recorded_timestamp_seconds gauge',
      'orz_run_recorded_timestamp_seconds 12.5',
      '# HELP orz_iteration_total The metric iteration of docs/metrics.md.',
      '# TYPE orz_iteration_total counter',
      'orz_iteration_total 3',
      '# HELP orz_reward The metric reward of docs/metrics.md.',
      '# TYPE orz_reward gauge',
      'orz_reward 0.25',
      '# HELP orz_reward_std The metric rewardStd of docs/metrics.md.',
      '# TYPE orz_reward_std gauge',
      'orz_reward_std 1e-12',
      '# HELP orz_weight_version_total The metric weightVersion of docs/metrics.md.',
      '# TYPE orz_weight_version_total counter',
      'orz_weight_version_total 4',
      '# HELP orz_stop_reasons The metric stopReasons of docs/metrics.md.',
      '# TYPE orz_stop_reasons gauge',
      'orz_stop_reasons{part="stop"} 0.75',
      'orz_stop_reasons{part="length"} 0.25',
      '# HELP orz_reward_pool_total The metric rewardPool of docs/metrics.md.',
      '# TYPE orz_reward_pool_total counter',
      'orz_reward_pool_total{part="timeouts"} 1',
      '# HELP orz_evaluation The metric evaluation of docs/metrics.md.',
      '# TYPE orz_evaluation gauge',
      'orz_evaluation{set="a \\"set\\"\\\\\\n/b",part="reward"} 0.5',
      'orz_evaluation{set="other",part="reward"} 1',
      '',
    ]);
  });

  it('holds no sample twice, and no name that Prometheus forbids', () => {
    const text = exposition(
      { 'a-b': 1, 'a.b': 2, 'ä b\n': 3 },
      { run: '', iterations: undefined, recorded: undefined },
    );
    const names = text
      .split('\n')
      .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(/[ {]/)[0]]));
    expect(names).toEqual(['orz_run_info', 'orz_a_b', 'orz___b_']);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
  });
});

describe('the endpoint', () => {
  for (const { title, run } of metricSinkConformance(async () => (await openSink()).sink)) it(title, run);

  it('answers with the last record', async () => {
    const { sink, url } = await openSink();
    expect((await ask(url)).body).toMatch(/^orz_run_info\{run="my \\"run\\""\} 1$/m);
    await sink.record({ iteration: 1, reward: 0.25 });
    await sink.record({ iteration: 2, reward: 0.5 });
    await sink.iterationEnd?.({ iteration: 2, iterations: 4, metrics: {} });
    const { status, type, body } = await ask(url);
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(body).toMatch(/^orz_reward 0\.5$/m);
    expect(body).toMatch(/^orz_run_iterations 4$/m);
    expect((await ask(url, {}, 'HEAD')).body).toBe('');
  });

  it('refuses other methods, paths and names, and pages of other sites', async () => {
    const { url } = await openSink();
    const statusOf = async (headers: Record<string, string>, method?: string, path = url): Promise<unknown> =>
      (await ask(path, headers, method)).status;
    expect(await statusOf({}, 'POST')).toBe(405);
    expect(await statusOf({}, 'GET', url.replace('/metrics', '/'))).toBe(404);
    expect(await statusOf({}, 'GET', `${url}?query`)).toBe(200);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await statusOf({ host: 'localhost:9464' })).toBe(200);
    expect(await statusOf({ origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  it('survives what is no request', async () => {
    const { url } = await openSink();
    const { port } = new URL(url);
    for (const text of [
      'nonsense\r\n\r\n',
      `GET /metrics HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      'GET http://[ HTTP/1.1\r\nhost: a\r\n\r\n',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(text));
        socket.on('error', () => undefined);
        socket.resume().on('close', () => {
          resolve();
        });
      });
    }
    expect((await ask(url)).status).toBe(200);
  });

  it('needs a key where other machines reach it, and then refuses those without', async () => {
    await expect(openSink({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ORZ_USAGE' });
    vi.stubEnv('ORZ_PROMETHEUS_KEY', 'short');
    await expect(openSink({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ORZ_USAGE' });
    const key = 'k'.repeat(32);
    vi.stubEnv('ORZ_PROMETHEUS_KEY', key);
    const url = (await openSink({ host: '0.0.0.0' })).url.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(url, { host: 'trainer:9464' })).status).toBe(401);
    expect((await ask(url, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask(url, { host: 'trainer:9464', authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it('says which setting to change where the port is taken', async () => {
    const { url } = await openSink();
    const taken = openSink({ port: Number(new URL(url).port) });
    await expect(taken).rejects.toMatchObject({ code: 'ORZ_USAGE', details: { value: 'EADDRINUSE' } });
  });
});

it('only addresses of this machine alone are loopback', () => {
  expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example', ''].some(isLoopback)).toBe(false);
});
