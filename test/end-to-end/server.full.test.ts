import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { startFaultyProxy, randomFaults } from '../support/tinker-proxy.js';
import { emptyFolder, readTree, recordedMetrics, runIn, smallRun, type Settings } from './run-in-folder.js';

const folder = emptyFolder();
const path = (...parts: string[]): string => join(folder, ...parts);
const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
let server: ChildProcess;
let url = '';
let port = 0;

/** A server of this model, on the same port and folder each time. */
async function startServer(): Promise<void> {
  const chosen = Object.entries(smallRun).filter(([name]) => /^(backend|model|seed)/.test(name));
  const settings = chosen.flatMap(([name, value]) => ['--set', `${name}=${String(value)}`]);
  const flags = ['--preset', 'orz-tiny', '--port', String(port), '--folder', path('served'), ...settings];
  server = spawn(process.execPath, [program, 'serve', '--no-config', ...flags], { cwd: folder, stdio: 'pipe' });
  for await (const line of createInterface({ input: server.stdout! })) {
    if (!line.includes('http://')) continue;
    url = /http:\/\/[\d.:]+/.exec(line)![0];
    break;
  }
  server.stdout!.resume();
  expect(new URL(url).port).toBe(String(port));
}

async function freePort(): Promise<number> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port: free } = listening.address() as AddressInfo;
  listening.close();
  await once(listening, 'close');
  return free;
}

async function kill(): Promise<void> {
  server.kill('SIGKILL');
  await once(server, 'exit');
}

const at = (address: string): Settings => ({ ...smallRun, 'engine.type': 'tinker', 'engine.url': address });
const resume = { required: true, force: false };

const metricsOf = (name: string): Metrics[] => recordedMetrics(path(name), ['server', 'serverSeconds']);

/** Metrics, responses, and at the end weights and moments: those at the server against those of the local run. */
function expectLocalRun(name: string): void {
  expect(metricsOf(name)).toEqual(metricsOf('local'));
  const rollouts = (run: string) => [...readTree(path(run))].filter(([file]) => file.startsWith('rollouts/'));
  expect(rollouts(name)).toEqual(rollouts('local'));
  const kept = JSON.parse(readFileSync(path(name, 'checkpoints/final/engine.json'), 'utf8')) as Record<string, string>;
  for (const role of ['policy', 'critic']) {
    const at = path('served', kept[role]!.replace('tinker://', ''));
    const same = (there: string, here: string): void => {
      expect(readFileSync(join(at, there)).equals(readFileSync(path('local/checkpoints/final', here))), here).toBe(
        true,
      );
    };
    same('model/model.safetensors', `${role}/model.safetensors`);
    same('optimizer.safetensors', `optimizer/${role}.safetensors`);
  }
}

beforeAll(async () => {
  port = await freePort();
  await startServer();
  await runIn(folder, 'local', smallRun);
}, 120_000);
afterAll(async () => {
  await kill();
  rmSync(folder, { recursive: true });
});

describe('a run at orz-train serve', () => {
  it('gives the weights, metrics and responses of a local run, and tells what the way cost', async () => {
    const { metrics } = await runIn(folder, 'plain', at(url));
    expectLocalRun('plain');
    const [first] = metrics as [Metrics];
    expect(first['server']).toMatchObject({ repetitions: 0, bytesSent: expect.any(Number) });
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    for (const name of ['server', 'serverSeconds'])
      for (const part of Object.keys(first[name] as object)) expect(page).toContain(`\`${part}\``);
  });

  it('gives the same through a network that loses, repeats and cuts what passes', async () => {
    const proxy = await startFaultyProxy({ target: url, faults: randomFaults(3, 0.2) });
    await runIn(folder, 'faulty', at(proxy.url));
    await proxy.close();
    expect(Object.values(proxy.made).reduce((a, b) => a + b, 0)).toBeGreaterThan(20);
    expectLocalRun('faulty');
  });

  it('that is stopped continues from its checkpoint at the server', async () => {
    const controller = new AbortController();
    const stopped = runIn(folder, 'stopped', at(url), {
      signal: controller.signal,
      onMetrics: ({ iteration }) => {
        if (iteration === 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED' });
    await runIn(folder, 'stopped', at(url), { resume });
    expectLocalRun('stopped');
  });

  it('whose server is killed continues when the server is back', async () => {
    let killed: Promise<void> | undefined;
    const broken = runIn(folder, 'killed', at(url), {
      onMetrics: ({ iteration }) => {
        if (iteration === 2) killed = kill().then(startServer);
      },
    });
    await expect(broken).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
    await killed;
    await runIn(folder, 'killed', at(url), { resume });
    expectLocalRun('killed');
  });

  it('is refused before it starts where the server would not honour a setting', async () => {
    await expect(runIn(folder, 'refused', { ...at(url), 'lora.rank': 2, 'lora.alpha': 5 })).rejects.toMatchObject({
      code: 'ORZ_CAPABILITY',
      message: expect.stringContaining('lora.alpha is 5, allowed: 32'),
    });
  });

  it('with adapters learns on the server as it does here', async () => {
    const adapted = { 'lora.rank': 3, 'lora.alpha': 32, iterations: 2 };
    await runIn(folder, 'adapted here', { ...smallRun, ...adapted });
    await runIn(folder, 'adapted there', { ...at(url), ...adapted });
    expect(metricsOf('adapted there')).toEqual(metricsOf('adapted here'));
  });
});
