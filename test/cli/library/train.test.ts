import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type * as library from '../../../cli/index.js';
import type { OrzConfig, TrainingEvent, TrainOptions } from '../../../cli/index.js';
import { plan, train } from '../../../cli/index.js';
import { packageRoot } from '../../../cli/setup/project.mjs';
import { runCli } from '../commands/run-cli.js';
import { temporaryFolder } from '../temporary-folder.js';

/** The run of the tests of commands, as a configuration. */
const config: OrzConfig = {
  preset: 'orz-tiny',
  iterations: 3,
  rolloutBatchSize: 4,
  samplesPerPrompt: 4,
  criticUpdateSteps: 1,
  backend: 'reference',
  model: {
    type: 'arithmetic-base',
    steps: 10,
    warmupSteps: 5,
    tokensPerStep: 256,
    hiddenSize: 32,
    heads: 2,
    intermediateSize: 64,
  },
  evaluation: { every: 0, problems: 16 },
};

/** The package as built, whose run process is there to be started. */
const built = (): Promise<typeof library> =>
  import(pathToFileURL(join(packageRoot, 'dist', 'cli', 'index.js')).href) as Promise<typeof library>;

const weights = (folder: string): Buffer => readFileSync(join(folder, 'checkpoints/final/policy/model.safetensors'));
const rewards = (events: readonly TrainingEvent[]): unknown[] =>
  events.flatMap((event) => (event.kind === 'metrics' ? [event.metrics['reward']] : []));

describe('train', () => {
  it('in this process gives events to the callback and to loops, and the summary', async () => {
    const folder = temporaryFolder();
    const told: TrainingEvent[] = [];
    const run = await train(config, {
      runDir: folder,
      process: 'this',
      onEvent: (event) => {
        told.push(event);
      },
    });
    const seen: TrainingEvent[] = [];
    for await (const event of run) seen.push(event);
    expect(seen).toEqual(told);
    expect(rewards(seen)).toHaveLength(3);
    expect(seen[0]).toEqual({ kind: 'started', runDir: folder, continues: false });
    expect(await run.result).toMatchObject({ iterations: 3, location: folder });
    for await (const event of run) expect(event).toBe('none after the end');
  });

  it('stopped by a signal and resumed in a process of its own gives the bytes of the command line', async () => {
    const { train: trainBuilt } = await built();
    const folder = temporaryFolder();
    const stopping = new AbortController();
    const run = await trainBuilt(config, {
      runDir: folder,
      signal: stopping.signal,
      onEvent: ({ kind }) => {
        if (kind === 'metrics') stopping.abort();
      },
    });
    await expect(run.result).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED' });
    const resumed = await trainBuilt({}, { runDir: folder, resume: true });
    expect((await resumed.result).iterations).toBe(3);

    const other = temporaryFolder();
    const settings = Object.entries(config).filter(([key]) => key !== 'preset');
    const set = settings.flatMap(([key, value]) =>
      typeof value === 'object' && key !== 'model'
        ? Object.entries(value).map(([inner, each]) => `${key}.${inner}=${String(each)}`)
        : [`${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`],
    );
    const flags = set.flatMap((entry) => ['--set', entry]);
    const { code, stderr } = await runCli(['--preset', 'orz-tiny', ...flags, '--run-dir', other], temporaryFolder());
    expect([code, stderr]).toEqual([0, '']);
    expect(weights(folder).equals(weights(other))).toBe(true);
  });

  it.each<[string, OrzConfig, TrainOptions, string]>([
    ['an unknown key', { ['sede' as 'seed']: 3 }, {}, 'ORZ_CONFIG_UNKNOWN_KEY'],
    ['a preset that is not there', { preset: './none.ts' }, {}, 'ORZ_PRESET_UNKNOWN'],
    ['a model that cannot fit', { preset: 'orz-32b' }, {}, 'ORZ_INSUFFICIENT'],
    ['a run to continue without a folder', {}, { resume: true }, 'ORZ_USAGE'],
    ['a run to continue that is not there', {}, { resume: true, runDir: 'none' }, 'ORZ_DATA_MISSING'],
  ])('refuses %s before anything starts', async (_, stated, options, code) => {
    await expect(train(stated, { cwd: temporaryFolder(), ...options })).rejects.toMatchObject({ code });
  });

  it('starts nothing for a signal that is aborted already', async () => {
    await expect(train(config, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});

describe('plan', () => {
  it('says what a run would take', async () => {
    const { memory, iterations } = await plan(config, { cwd: temporaryFolder() });
    expect([memory!.peak > 0, iterations]).toEqual([true, 3]);
  });
});
