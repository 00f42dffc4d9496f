import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import { costs, emptyFolder, readTree, runIn, type Settings } from './run-in-folder.js';

/** orz-tiny with everything in it, in a second or two. */
const small: Settings = {
  'backend.provider': 'cpu',
  'model.steps': 12,
  'model.warmupSteps': 3,
  'model.tokensPerStep': 512,
  'model.hiddenSize': 36,
  'model.intermediateSize': 48,
  iterations: 2,
  rolloutBatchSize: 6,
  samplesPerPrompt: 4,
  maxResponseTokens: 24,
  criticUpdateSteps: 4,
  'evaluation.problems': 24,
  'evaluation.every': 1,
  'evaluation.periodicProblems': 8,
  'checkpoint.every': 1,
  seed: 77,
};

const withoutCosts = (record: Metrics): Metrics =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !costs.includes(name)));

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function results(
  name: string,
  settings: Settings,
): Promise<{ files: Map<string, Buffer>; metrics: Metrics[]; summary: Metrics }> {
  await runIn(folder, name, { ...small, ...settings });
  const files = readTree(`${folder}/${name}`);
  const lines = files.get('metrics.jsonl')!.toString('utf8').trimEnd().split('\n');
  const {
    seconds: _,
    location: __,
    ...summary
  } = JSON.parse(files.get('summary.json')!.toString('utf8')) as Record<string, Metrics[string]>;
  return {
    files: new Map(
      [...files].filter(([path]) => /^(checkpoints|rollouts)\//.test(path) && !/(state|manifest)\.json$/.test(path)),
    ),
    metrics: lines.map((line) => withoutCosts(JSON.parse(line) as Metrics)),
    summary,
  };
}

describe('two runs of orz-tiny with one seed on the CPU', () => {
  it('write the same weights, responses and metrics, also with other numbers of threads', async () => {
    const first = await results('first', { 'backend.threads': 1 });
    expect(first.files.size).toBeGreaterThanOrEqual(3 * 5 + 2 * 2 + 1);
    expect(first.metrics).toHaveLength(2);
    for (const [name, settings] of [
      ['again', { 'backend.threads': 1 }],
      ['two threads', { 'backend.threads': 2, 'grading.workers': 2 }],
    ] as const) {
      const other = await results(name, settings);
      expect([...other.files.keys()]).toEqual([...first.files.keys()]);
      for (const [path, bytes] of first.files)
        expect(other.files.get(path)!.equals(bytes), `${name}: ${path}`).toBe(true);
      expect(other.metrics).toEqual(first.metrics);
      expect(other.summary).toEqual(first.summary);
    }
  });

  it('differ with another seed, and weights differ from those before training', async () => {
    const [first, other] = [await results('seed 77', {}), await results('seed 78', { seed: 78 })];
    const path = 'checkpoints/final/policy/model.safetensors';
    expect(first.files.get(path)!.equals(other.files.get(path)!)).toBe(false);
    expect(first.files.get(path)!.equals(first.files.get('checkpoints/base/policy/model.safetensors')!)).toBe(false);
  });
});
