import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collectTensors } from '../../../../core/conformance/example-model.js';
import { loadModelFolder } from '../../../../core/model-files/model-folder.js';
import { storageFolder } from '../../../../core/model-files/storage-folder.js';
import { rolloutFile } from '../../../../core/rollouts/rollout-files.js';
import { memoryStorage, parityReward, run } from '../support.js';

describe('a run', () => {
  it('writes one record per iteration to its sink and to whoever listens, the same', async () => {
    const { metrics, files } = await run({ config: { iterations: 3 } });
    const written = Buffer.from(files.get('metrics.jsonl')!)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(written).toEqual(metrics);
    expect(metrics.map((m) => m['iteration'])).toEqual([1, 2, 3]);
  });

  it('keeps responses that say the same as its metrics', async () => {
    const { metrics, files } = await run({ config: { iterations: 2, metrics: ['jsonl', 'rollouts'] } });
    for (const record of metrics) {
      const file = files.get(rolloutFile(record['iteration'] as number))!;
      const [, ...kept] = gunzipSync(file)
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map(
          (line) =>
            JSON.parse(line) as {
              reward: number;
              verdict: string;
              tokens: number[];
              entropy: number[];
              values: number[];
              returns: number[];
              samplerLogprobs: number[];
              logprobs: number[];
            },
        );
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean(kept.map(({ reward }) => reward))).toBeCloseTo(record['reward'] as number, 10);
      expect(mean(kept.map(({ tokens }) => tokens.length))).toBeCloseTo(record['responseLength'] as number, 10);
      expect(mean(kept.flatMap(({ entropy }) => entropy))).toBeCloseTo(record['entropy'] as number, 4);
      expect(
        mean(
          kept.flatMap(({ samplerLogprobs, logprobs }) => logprobs.map((x, t) => Math.abs(x - samplerLogprobs[t]!))),
        ),
      ).toBeCloseTo(record['logprobGapMean'] as number, 4);
      expect(
        kept.every(
          ({ tokens, values, returns, reward }) =>
            values.length === tokens.length && returns.every((x) => x === reward),
        ),
      ).toBe(true);
    }
    expect([...files.keys()].filter((path) => path.includes('evaluation-held-out')).sort()).toEqual([
      'rollouts/000000.evaluation-held-out.jsonl.gz',
      'rollouts/000002.evaluation-held-out.jsonl.gz',
    ]);
  });

  it('evaluates before, after, and every so many iterations, and reports both ends', async () => {
    const { metrics, summary, completions } = await run({
      config: { iterations: 5, evaluation: { every: 2, problems: 4, periodicProblems: 3, samples: 2 } },
    });
    expect(metrics.map((m) => 'evaluation/held-out' in m)).toEqual([false, true, false, true, true]);
    const evaluations = completions.filter((c) => c.length !== 12).map((c) => c.length);
    expect(evaluations).toEqual([8, 6, 6, 8]);
    expect(summary.after['held-out']!.reward).toBe((metrics[4]!['evaluation/held-out'] as { reward: number }).reward);
    expect(summary.samplesBefore).toHaveLength(2);
    expect(summary.samplesAfter.map((s) => s.problem)).toEqual(summary.samplesBefore.map((s) => s.problem));
  });

  it('saves the trained models, not the ones it began with', async () => {
    const { files, weights } = await run({ config: { iterations: 2, policyLearningRate: 0.05 } });
    for (const role of ['policy', 'critic'] as const) {
      const loaded = await loadModelFolder(
        storageFolder(memoryStorage(files), `checkpoints/final/${role}`),
        role === 'critic' ? 'value' : 'language',
      );
      const saved = await collectTensors(loaded.weights());
      for (const [name, data] of saved) expect(data, name).toEqual(weights.end!.get(`${role}/${name}`));
      expect(
        [...saved].some(([name, data]) => data.some((x, i) => x !== weights.start!.get(`${role}/${name}`)![i])),
      ).toBe(true);
    }
  });

  it('lets each iteration sample from the weights of the one before', async () => {
    const { completions, metrics } = await run({ config: { iterations: 3 } });
    const versions = completions.map((c) => c[0]!.weightVersion);
    expect(versions).toEqual([1, 1, 2, 3, 4]);
    expect(metrics.map((m) => m['weightVersion'])).toEqual([2, 3, 4]);
  });

  it('ends between iterations when interrupted, with its state saved', async () => {
    const controller = new AbortController();
    let groups = 0;
    // The third group graded after the two of the evaluation belongs to the first iteration.
    const grade = (group: Parameters<typeof parityReward>[0]) => {
      if (++groups === 5) controller.abort();
      return parityReward(group);
    };
    let files: ReadonlyMap<string, Uint8Array> = new Map();
    await expect(
      run({ config: { iterations: 50 }, grade, signal: controller.signal }, (w) => {
        files = w.files;
      }),
    ).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED', message: expect.stringContaining('after iteration 1') });
    expect([...files.keys()]).toEqual(
      expect.arrayContaining([
        'checkpoints/iteration-000001/policy/model.safetensors',
        'checkpoints/iteration-000001/critic/model.safetensors',
        'checkpoints/iteration-000001/manifest.json',
        'metrics.jsonl',
      ]),
    );
    expect(Buffer.from(files.get('metrics.jsonl')!).toString('utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it('tells in its metrics what its rollouts show', async () => {
    const { completions, metrics, calls } = await run({ config: { iterations: 1 } });
    const rollouts = completions[1]!,
      m = metrics[0]!;
    const mean = (xs: number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
    const results = rollouts.flatMap((c) =>
      parityReward([
        {
          index: c.request * 4 + c.sample,
          problem: { id: '', prompt: '', answer: '' },
          text: c.text,
          stopReason: c.stopReason,
          responseLength: c.tokens.length,
        },
      ]),
    );
    const groups = [0, 1, 2].map((p) => results.slice(4 * p, 4 * p + 4).map((r) => r.value));
    expect(m['reward']).toBeCloseTo(mean(results.map((r) => r.value)), 9);
    expect(m['responseLength']).toBeCloseTo(mean(rollouts.map((c) => c.tokens.length)), 9);
    expect(m['passAtG']).toBeCloseTo(groups.filter((g) => g.some((x) => x > 0)).length / 3, 9);
    expect(m['groupsWithoutSignal']).toBeCloseTo(groups.filter((g) => g.every((x) => x === g[0])).length / 3, 9);
    expect(m['stopReasons']).toEqual({
      stop: rollouts.filter((c) => c.stopReason === 'stop').length / 12,
      length: rollouts.filter((c) => c.stopReason === 'length').length / 12,
    });
    // On policy: the sampler's log-probabilities are the trainer's, and the ratio of the first step is 1.
    expect(m['logprobGapMax']).toBeLessThan(1e-4);
    expect(m['ratioMean']).toBeCloseTo(1, 5);
    expect(m['approxKl']).toBeCloseTo(0, 6);
    expect(m['clipFraction']).toBe(0);
    const trained = calls.find((c) => c.kind === 'accumulate' && c.role === 'policy') as Extract<
      (typeof calls)[number],
      { kind: 'accumulate' }
    >;
    expect(trained.sequences).toHaveLength(12);
  });
});
