import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, runIn, type Settings } from './run-in-folder.js';

/**
 * orz-tiny made smaller: a narrower base model after fewer supervised steps, and fewer iterations. It ends below the
 * preset, so the thresholds are those of learning at all, far outside the sampling error of 0.01 with 2,048 problems.
 * Kernels of ONNX Runtime round differently on different processors, which is like another seed: on one, 20 iterations
 * end 0.28 above the base model and 30 end 0.37 above.
 */
const reduced: Settings = {
  seed: 3,
  'backend.provider': 'cpu',
  'model.hiddenSize': 72,
  'model.intermediateSize': 192,
  'model.steps': 900,
  iterations: 30,
  'evaluation.every': 0,
  'checkpoint.every': 1000,
};

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a reduced orz-tiny', () => {
  let honest: Awaited<ReturnType<typeof runIn>>;
  beforeAll(async () => {
    honest = await runIn(folder, 'honest', reduced);
  });

  it('raises the reward on held-out problems clearly, and with it length, format and reflection', () => {
    const { before, after } = honest.summary;
    const [first, last] = [before['held-out']!, after['held-out']!];
    console.log(`reward ${first.reward.toFixed(3)} -> ${last.reward.toFixed(3)}`);
    expect(first.reward).toBeLessThan(0.4);
    expect(last.reward).toBeGreaterThan(first.reward + 0.3);
    expect(last.responseLength).toBeGreaterThan(first.responseLength + 4);
    expect(last['formatShare']).toBeGreaterThan(Number(first['formatShare']));
    expect(last['reflectionShare']).toBeGreaterThan(Number(first['reflectionShare']) + 0.2);
  });

  it('keeps sampler and trainer together all the way', () => {
    for (const m of honest.metrics) {
      expect(m['logprobGapMax']).toBeLessThan(1e-4);
      expect(m['clipFraction']).toBe(0);
    }
  });

  it('gains nothing from rewards shuffled among the responses of each iteration', async () => {
    const model = { type: 'huggingface', path: join(honest.folder, 'checkpoints/base/policy') };
    const { 'model.hiddenSize': _, 'model.intermediateSize': __, 'model.steps': ___, ...settings } = reduced;
    const control = await runIn(folder, 'shuffled', { ...settings, model, shuffleRewards: true });
    const [first, last] = [control.summary.before['held-out']!, control.summary.after['held-out']!];
    console.log(`reward with shuffled rewards ${first.reward.toFixed(3)} -> ${last.reward.toFixed(3)}`);
    expect(first.reward).toBe(honest.summary.before['held-out']!.reward);
    expect(last.reward).toBeLessThan(first.reward + 0.03);
  });
});
