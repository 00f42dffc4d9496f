import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newFolder, offlineRuns, openSink, recordIterations } from './record-run.js';
import { startWandbServer, type WandbServer } from './wandb-server.js';

/** An interpreter that may have `wandb`. */
const python = process.env['ORZ_PYTHON'];

/** Why `wandb` cannot run here; undefined if it can. */
function missing(): string | undefined {
  if (python === undefined) return 'ORZ_PYTHON names no Python with wandb';
  const code = `import importlib.metadata as m; m.version('wandb')`;
  const { status, stderr } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? undefined : `${python}: ${stderr.trim().split('\n').at(-1)}`;
}

let folder = '';
let server: WandbServer;
beforeEach(async () => {
  folder = newFolder();
  server = await startWandbServer();
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Uploads with the real `wandb sync` to the stand-in; returns what it printed. */
async function sync(): Promise<string> {
  const runs = offlineRuns(folder).map(([run]) => run);
  const child = spawn(python!, ['-m', 'wandb', 'sync', ...runs], {
    cwd: folder,
    env: { ...process.env, WANDB_BASE_URL: server.url, WANDB_API_KEY: 'a'.repeat(40), HOME: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(output);
  return output;
}

describe('wandb sync uploads', () => {
  it('a whole run: settings, history, summary, end', async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ seed: 3, advantage: { type: 'gae', lambda: 1 }, metrics: [{ type: 'webhook', url: 'secret' }] }),
    );
    const sink = await openSink(folder, { project: 'orz', group: 'seeds' });
    await recordIterations(sink, [1, 3, 3]);
    await sink.dispose?.();
    await sync();
    const [run = {}] = server.runs;
    expect(run).toMatchObject({ project: 'orz', groupName: 'seeds' });
    expect(JSON.parse(run['config'] as string)).toMatchObject({
      seed: { value: 3 },
      advantage: { value: { type: 'gae', lambda: 1 } },
    });
    expect(JSON.stringify(server.runs)).not.toContain('secret');
    expect(server.history).toMatchObject(
      [1, 2, 3].map((step) => ({
        _step: step,
        reward: step / 8,
        'stopReasons/stop': 0.75,
        'stopReasons/length': 0.25,
      })),
    );
    expect(server.summaries.at(-1)).toMatchObject({ reward: 0.375 });
    expect(JSON.parse(server.uploads['wandb-summary.json'] ?? '')).toMatchObject({ reward: 0.375 });
    expect(server.uploads['config.yaml']).toMatch(/lambda: 1/);
    expect(server.ends).toEqual([{ complete: true, exitcode: 0 }]);
  });

  it('a run that was resumed, in records longer than a block', async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    const text = 'x'.repeat(50_000);
    const first = await openSink(folder);
    await recordIterations(first, [1, 2, 6], { text });
    const state = JSON.parse(JSON.stringify(first.state?.())) as unknown;
    await first.dispose?.();
    const second = await openSink(folder);
    await second.restore?.(state);
    await recordIterations(second, [3, 6, 6], { text });
    await second.dispose?.();
    await sync();
    expect(server.history.map(({ _step, text: got }) => [_step, got === text])).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => [step, true]),
    );
    expect(new Set(server.runs.map(({ name }) => name)).size).toBe(1);
    expect(server.ends).toEqual([{ complete: true, exitcode: 0 }]);
  });

  it('a run that was killed, cut anywhere: what was whole arrives', async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    const sink = await openSink(folder);
    await recordIterations(sink, [1, 4, 9]);
    const [[, file]] = offlineRuns(folder) as [[string, string]];
    writeFileSync(file, readFileSync(file).subarray(0, -20));
    await sync().catch((error: unknown) => String(error));
    expect(server.history.map(({ _step }) => _step)).toEqual([1, 2, 3, 4]);
    expect(server.ends.map(({ exitcode }) => exitcode)).not.toContain(0);
  });
});
