import { cpSync, existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { emptyFolder, readTree, recordedMetrics, runIn, smallRun, type Settings } from './run-in-folder.js';

/** With a reference model too. */
const small: Settings = { ...smallRun, kl: 'loss' };

const folder = emptyFolder();
const path = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const metricsOf = (name: string): Metrics[] => recordedMetrics(path(name));

function expectSameRun(name: string, other: string): void {
  expect(metricsOf(name)).toEqual(metricsOf(other));
  const [a, b] = [name, other].map(
    (run) =>
      new Map(
        [...readTree(path(run))].filter(
          ([file]) => /^(checkpoints\/final|rollouts)\//.test(file) && !/(state|manifest)\.json$/.test(file),
        ),
      ),
  );
  expect([...a!.keys()]).toEqual([...b!.keys()]);
  expect(a!.size).toBeGreaterThan(15);
  for (const [file, bytes] of a!) expect(b!.get(file)!.equals(bytes), file).toBe(true);
  const [one, two] = [name, other].map((run) => ({
    ...(JSON.parse(readFileSync(path(run, 'summary.json'), 'utf8')) as object),
    seconds: 0,
    location: '',
  }));
  expect(one).toEqual(two);
}

/** Runs until the iteration has been recorded, then stops as on Ctrl-C. */
async function stopAfter(name: string, iteration: number, settings: Settings = small): Promise<unknown> {
  const controller = new AbortController();
  return runIn(folder, name, settings, {
    signal: controller.signal,
    onMetrics: (m) => {
      if (m['iteration'] === iteration) controller.abort();
    },
  }).catch((error: unknown) => error);
}

const resume = { required: true, force: false };
const log: string[] = [];
const onLog = (message: string): void => {
  log.push(message);
};

beforeAll(async () => {
  await runIn(folder, 'unbroken', small);
});

describe('a run that was stopped and goes on', () => {
  it('ends with the bytes of the unbroken one, wherever it was stopped', async () => {
    expect(await stopAfter('stopped', 2)).toMatchObject({
      code: 'ORZ_INTERRUPTED',
      message: expect.stringContaining('after iteration 2'),
    });
    await stopAfter('stopped', 3);
    await runIn(folder, 'stopped', small, { resume });
    expectSameRun('stopped', 'unbroken');
  });

  it('with adapters is that of the unbroken one too, made from the base and the adapters', async () => {
    const adapted = { ...small, 'lora.rank': 3, 'lora.targets': ['q_proj', 'down_proj'] };
    await runIn(folder, 'adapted', adapted);
    await stopAfter('adapted stopped', 2, adapted);
    rmSync(path('adapted stopped', 'checkpoints', 'iteration-000001'), { recursive: true });
    await runIn(folder, 'adapted stopped', adapted, { resume });
    expectSameRun('adapted stopped', 'adapted');
    const saved = (...parts: string[]) => readFileSync(path('adapted', 'checkpoints', 'final', ...parts)).length;
    expect(saved('optimizer', 'policy.safetensors')).toBeLessThan(saved('policy', 'model.safetensors'));
    await stopAfter('other rank', 1, adapted);
    const other = { ...adapted, 'lora.rank': 2 };
    await expect(runIn(folder, 'other rank', other, { resume })).rejects.toMatchObject({
      code: 'ORZ_RESUME',
      details: { value: ['lora.rank: 3 → 2'] },
    });
  });

  it('takes problems and the weight of an adaptive bonus up where they were', async () => {
    const adaptive = {
      ...small,
      groupFilter: 'signal',
      entropy: { type: 'adaptive', target: 100, step: 0.01 },
      samplerCorrection: 'token',
      rewardShaping: 'overlong-penalty',
    };
    await runIn(folder, 'adaptive', adaptive);
    await stopAfter('adaptive stopped', 2, adaptive);
    await runIn(folder, 'adaptive stopped', adaptive, { resume });
    expectSameRun('adaptive stopped', 'adaptive');
    const last = metricsOf('adaptive').at(-1)!;
    expect(last['entropyCoefficient']).toBeGreaterThan(0.01);
    expect(last['groupsCollected']).toBeGreaterThan(Number(last['groupsKept']));
  });

  it('goes on in the middle of a decay, and a longer one decays as if it had been as long from the start', async () => {
    const decay = { policyWarmupSteps: 1, policyDecaySteps: 4, policyFinalLearningRate: 1e-5 };
    const decaying = { ...small, ...decay };
    await runIn(folder, 'decaying', decaying);
    await stopAfter('decaying stopped', 2, decaying);
    await runIn(folder, 'decaying stopped', decaying, { resume });
    expectSameRun('decaying stopped', 'decaying');
    await runIn(folder, 'decaying longer', { ...decaying, iterations: 2 });
    await runIn(folder, 'decaying longer', decaying, { resume });
    for (const name of ['decaying', 'decaying longer'])
      [5e-4, 3.775e-4, 2.55e-4, 1.325e-4].forEach((rate, i) => {
        expect(metricsOf(name)[i]?.['policyLearningRate'], name).toBeCloseTo(rate, 12);
      });
  });

  it('with parts that are frozen and numbers that are stored in bf16 rounds as the unbroken one did', async () => {
    const stored = { ...small, 'dtypes.weights': 'bf16', 'dtypes.moments': 'bf16', 'frozen.blocks': 1 };
    await runIn(folder, 'bf16', stored);
    await stopAfter('bf16 stopped', 2, stored);
    rmSync(path('bf16 stopped', 'checkpoints', 'iteration-000001'), { recursive: true });
    await runIn(folder, 'bf16 stopped', stored, { resume });
    expectSameRun('bf16 stopped', 'bf16');
    const saved = (run: string, ...parts: string[]) => readFileSync(path(run, 'checkpoints', 'final', ...parts)).length;
    for (const role of ['policy', 'critic']) {
      const ratio = saved('bf16', role, 'model.safetensors') / saved('unbroken', role, 'model.safetensors');
      expect(ratio).toBeGreaterThan(0.5); // The header is as long.
      expect(ratio).toBeLessThan(0.6);
      const optimizer = `optimizer/${role}.safetensors`;
      expect(saved('bf16', optimizer)).toBeLessThan(saved('unbroken', optimizer) / 2);
    }
    await stopAfter('other dtype', 1, stored);
    const other = { ...stored, 'dtypes.moments': 'f32', 'frozen.blocks': 0 };
    await expect(runIn(folder, 'other dtype', other, { resume })).rejects.toMatchObject({
      code: 'ORZ_RESUME',
      details: {
        value: ['dtypes.moments: "bf16" → "f32"', 'frozen.embedding: false → not set', 'frozen.blocks: 1 → not set'],
      },
    });
  });

  it('of rank 0 trains all parameters, whatever else is said about adapters', async () => {
    await runIn(folder, 'rank 0', { ...small, 'lora.alpha': 7 });
    expectSameRun('rank 0', 'unbroken');
  });

  it('is put back to its checkpoint: later lines and files and a torn line go, files of the user stay', async () => {
    const every = { ...small, 'checkpoint.every': 2 };
    await stopAfter('cut', 3, every);
    rmSync(path('cut', 'checkpoints', 'iteration-000003'), { recursive: true }); // As if it had been killed.
    writeFileSync(path('cut', '.files'), '{"path":"rollouts/000009.train.jsonl.gz","kind":"write"}\n{"path":"torn', {
      flag: 'a',
    });
    writeFileSync(path('cut', 'rollouts', '000009.train.jsonl.gz'), 'later');
    writeFileSync(path('cut', 'metrics.jsonl'), '{"iteration": 4, "rew', { flag: 'a' });
    writeFileSync(path('cut', 'notes.txt'), 'mine');
    expect(metricsOf('unbroken')).toHaveLength(4);
    await runIn(folder, 'cut', every, { resume });
    expect(readFileSync(path('cut', 'notes.txt'), 'utf8')).toBe('mine');
    expectSameRun('cut', 'unbroken');
  });

  it('notes another number of threads, and still ends with the same bytes on the CPU', async () => {
    await stopAfter('threads', 2);
    log.length = 0;
    await runIn(folder, 'threads', { ...small, 'backend.threads': 2, 'grading.workers': 2 }, { resume, onLog });
    expect(log.join('\n')).toMatch(/equal up to rounding.*backend\.threads: 1 → 2; grading\.workers: 1 → 2/);
    expectSameRun('threads', 'unbroken');
  });

  it('gives a sink back its state', async () => {
    writeFileSync(
      path('sum.mjs'),
      `import { definePlugin, provide, z } from 'open-reasoner-zero';
      const create = (_, { platform }) => {
        let sum = 0;
        return {
          name: 'running-sum',
          record: (m) => { sum += m.reward + 1; return platform.storage.append('sum.txt', sum + '\\n'); },
          state: () => ({ sum }),
          restore: (state) => { sum = state.sum; },
        };
      };
      const sink = { description: 'sum of rewards', settings: z.strictObject({}), create };
      export default definePlugin({ name: 'running-sum', provides: [provide('metrics', 'running-sum', sink)] });`,
    );
    const withSink = { ...small, 'evaluation.every': 0, plugins: [path('sum.mjs')], metrics: ['jsonl', 'running-sum'] };
    const sums = (name: string) => readFileSync(path(name, 'sum.txt'), 'utf8');
    await runIn(folder, 'sum', withSink);
    await stopAfter('sum stopped', 2, withSink);
    await runIn(folder, 'sum stopped', withSink, { resume });
    expect(sums('sum').split('\n')).toHaveLength(5);
    expect(sums('sum stopped')).toBe(sums('sum'));
  });

  it('is refused with other mathematics, all differences named, the folder untouched; forced, it resumes', async () => {
    await stopAfter('changed', 1);
    const before = readTree(path('changed'));
    const other = { ...small, policyLearningRate: 1e-4, 'advantage.lambda': 0.9, 'evaluation.every': 1 };
    await expect(runIn(folder, 'changed', other, { resume })).rejects.toMatchObject({
      code: 'ORZ_RESUME',
      details: {
        value: ['advantage.lambda: 1 → 0.9', 'policyLearningRate: 0.0005 → 0.0001'],
        remedy: expect.stringContaining('--force'),
      },
    });
    expect(readTree(path('changed'))).toEqual(before);
    log.length = 0;
    await runIn(folder, 'changed', other, { resume: { required: true, force: true }, onLog });
    expect(log.join('\n')).toMatch(/another experiment: advantage\.lambda/);
    expect(metricsOf('changed').at(-1)!['policyLearningRate']).toBeCloseTo(0.8e-4, 9); // Step 4 of 5 of the warm-up.
  });

  it('of a finished run does nothing; with more iterations it trains further as if it had never ended', async () => {
    await runIn(folder, 'short', { ...small, iterations: 2 });
    const before = readTree(path('short'));
    expect((await runIn(folder, 'short', { ...small, iterations: 2 })).metrics).toEqual([]);
    expect(readTree(path('short'))).toEqual(before);
    await expect(runIn(folder, 'short', small)).rejects.toMatchObject({ code: 'ORZ_RESUME' });
    await runIn(folder, 'short', small, { resume });
    // The evaluation at what was then the end had more problems.
    expect(metricsOf('short').map((m) => m['policyLoss'])).toEqual(metricsOf('unbroken').map((m) => m['policyLoss']));
    const final = (name: string) => readFileSync(path(name, 'checkpoints', 'final', 'policy', 'model.safetensors'));
    expect(final('short').equals(final('unbroken'))).toBe(true);
  });
});

describe('a checkpoint', () => {
  const checkpoint = (run: string, ...parts: string[]) => path(run, 'checkpoints', ...parts);
  const damage: Record<string, (run: string) => void> = {
    'a flipped bit': (run) => {
      const file = checkpoint(run, 'iteration-000003', 'optimizer', 'policy.safetensors'),
        bytes = readFileSync(file);
      bytes[bytes.length - 5]! ^= 4;
      writeFileSync(file, bytes);
    },
    'a file cut short': (run) => {
      truncateSync(checkpoint(run, 'iteration-000003', 'critic', 'model.safetensors'), 100);
    },
    'a missing file': (run) => {
      rmSync(checkpoint(run, 'iteration-000003', 'state.json'));
    },
    'a broken manifest': (run) => {
      writeFileSync(checkpoint(run, 'iteration-000003', 'manifest.json'), '{"format": 1');
    },
  };
  beforeAll(async () => {
    await stopAfter('sound', 3);
  });

  it.each(Object.keys(damage))(
    'with %s is set aside with a message, the one before is used, and the end is the same',
    async (kind) => {
      cpSync(path('sound'), path(kind), { recursive: true });
      damage[kind]!(kind);
      log.length = 0;
      await runIn(folder, kind, small, { resume, onLog });
      expect(log.join('\n')).toMatch(/iteration-000003.* is damaged: .*the checkpoint before it is used/);
      expect(log.join('\n')).toContain('Continuing after iteration 2');
      expect(existsSync(checkpoint(kind, 'damaged-iteration-000003'))).toBe(true);
      expectSameRun(kind, 'unbroken');
    },
  );

  it('that is the last sound one lost is an error, and nothing is changed', async () => {
    cpSync(path('sound'), path('lost'), { recursive: true });
    for (const name of readdirSync(checkpoint('lost')))
      if (!name.endsWith('.json')) writeFileSync(checkpoint('lost', name, 'state.json'), '{}');
    const before = readTree(path('lost'));
    await expect(runIn(folder, 'lost', small, { resume })).rejects.toMatchObject({
      code: 'ORZ_CHECKPOINT',
      message: expect.stringContaining('No checkpoint'),
    });
    expect(readTree(path('lost'))).toEqual(before);
  });

  it('stays if it is among the latest or the best', () => {
    expect(readdirSync(path('unbroken', 'checkpoints')).filter((name) => name.startsWith('iteration-'))).toEqual([
      'iteration-000002',
      'iteration-000003',
    ]);
  });
});
