import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  plan,
  train,
  type OrzConfig,
  type TrainingEvent,
  type TrainOptions,
} from '../../../cli/browser/library/index.js';
import { emptyFolder, recordedMetrics, runIn } from '../../end-to-end/run-in-folder.js';
import { readTar } from './read-tar.js';
import { smallSettings } from './test-service.js';

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The small run as a program states it, in the thread of the caller. */
const config: OrzConfig = {
  preset: 'orz-tiny',
  backend: 'reference',
  iterations: 2,
  rolloutBatchSize: 4,
  samplesPerPrompt: 2,
  maxResponseTokens: 12,
  criticUpdateSteps: 2,
  seed: 77,
  model: {
    type: 'arithmetic-base',
    steps: 6,
    warmupSteps: 1,
    tokensPerStep: 128,
    hiddenSize: 12,
    intermediateSize: 16,
    layers: 1,
  },
  evaluation: { problems: 6, every: 1, periodicProblems: 4 },
  checkpoint: { every: 1 },
};
const here: TrainOptions = { thread: 'this' };

/** Unpacks the archive of a run into a folder of its own. */
function unpack(archive: Uint8Array, name: string): string {
  for (const [path, content] of readTar(archive)) {
    const file = join(folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return join(folder, name, 'orz-run');
}

const weights = 'checkpoints/final/policy/model.safetensors';

describe('train in a browser', () => {
  it('gives events to the callback and to loops, the summary, and the bytes of the command line', async () => {
    const node = await runIn(folder, 'node', {
      backend: 'reference',
      metrics: ['jsonl', 'rollouts'],
      ...smallSettings,
    });
    const told: TrainingEvent[] = [];
    const run = await train(config, {
      ...here,
      onEvent: (event) => {
        told.push(event);
      },
    });
    const seen: TrainingEvent[] = [];
    for await (const event of run) seen.push(event);
    expect(seen).toEqual(told);
    expect(told.filter(({ kind }) => kind === 'metrics')).toHaveLength(2);
    expect(told[0]).toMatchObject({ kind: 'started', continues: false });
    expect((await run.result).iterations).toBe(2);

    const unpacked = unpack(await run.archive(), 'here');
    expect(readFileSync(join(unpacked, weights)).equals(readFileSync(join(node.folder, weights)))).toBe(true);
    expect(recordedMetrics(unpacked)).toEqual(recordedMetrics(node.folder));
    expect([...readTar(await run.archive('model')).keys()]).toContain('orz-model/model.safetensors');
  });

  it('stopped by a signal, goes on from its archive to the same bytes', async () => {
    const stopping = new AbortController();
    const run = await train(config, {
      ...here,
      signal: stopping.signal,
      onEvent: ({ kind }) => {
        if (kind === 'metrics') stopping.abort();
      },
    });
    await expect(run.result).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED' });
    const saved = await run.archive();

    const events: TrainingEvent[] = [];
    const resumed = await train({}, { ...here, resume: saved, onEvent: (event) => events.push(event) });
    expect((await resumed.result).iterations).toBe(2);
    expect(events.flatMap((event) => (event.kind === 'history' ? [event.iteration] : []))).toEqual([1]);
    const unpacked = unpack(await resumed.archive(), 'resumed');
    const whole = join(folder, 'here', 'orz-run');
    expect(readFileSync(join(unpacked, weights)).equals(readFileSync(join(whole, weights)))).toBe(true);
    expect(recordedMetrics(unpacked)).toEqual(recordedMetrics(whole));
  });

  it('gives the archive of a run in progress, with which it goes on as well', async () => {
    let archive: Promise<Uint8Array> | undefined;
    const run = await train(config, here);
    for await (const event of run) if (event.kind === 'metrics') archive ??= run.archive();
    await run.result;
    const resumed = await train({}, { ...here, resume: (await archive)! });
    await resumed.result;
    const unpacked = unpack(await resumed.archive(), 'in-progress');
    expect(recordedMetrics(unpacked)).toEqual(recordedMetrics(join(folder, 'here', 'orz-run')));
  });

  it('adds iterations to a finished run when the configuration says so, and refuses another experiment', async () => {
    const run = await train(config, here);
    await run.result;
    const resume = await run.archive();
    const longer = await train({ ...config, iterations: 3 }, { ...here, resume });
    expect((await longer.result).iterations).toBe(3);
    const other = await train({ ...config, seed: 78, iterations: 3 }, { ...here, resume });
    await expect(other.result).rejects.toMatchObject({ code: 'ORZ_RESUME' });
  });

  it.each<[string, OrzConfig, TrainOptions, string]>([
    ['an unknown key', { ['sede' as 'seed']: 3 }, {}, 'ORZ_CONFIG_UNKNOWN_KEY'],
    ['a preset that is not there', { preset: 'orz-tinny' }, {}, 'ORZ_PRESET_UNKNOWN'],
    ['a backend that needs Node', { backend: 'onnx' }, {}, 'ORZ_BACKEND_UNKNOWN'],
    ['a setting without meaning there', { runDir: 'runs/mine' }, {}, 'ORZ_CONFIG_INVALID'],
    ['bytes that are no archive', {}, { resume: new Uint8Array(2000).fill(7) }, 'ORZ_DATA_MALFORMED'],
    ['an archive without a run', {}, { resume: new Uint8Array(1024) }, 'ORZ_DATA_MISSING'],
  ])('refuses %s before anything starts', async (_, stated, options, code) => {
    await expect(train(stated, { ...here, ...options })).rejects.toMatchObject({ code });
  });

  it('starts nothing for a signal that is aborted already', async () => {
    await expect(train(config, { ...here, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});

describe('plan in a browser', () => {
  it('says what a run would need', async () => {
    const { memory, iterations } = await plan(config, here);
    expect([memory!.peak > 0, iterations]).toEqual([true, 2]);
  });
});
