import { gunzipSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../../../core/contracts/metric-sink.js';
import type { Storage } from '../../../core/contracts/storage.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import { chooseRecords } from '../../../core/rollouts/choose-records.js';
import { rolloutDiskBytes } from '../../../plugins/metrics-rollouts/disk.js';
import { rolloutFile } from '../../../core/rollouts/rollout-files.js';
import plugin from '../../../plugins/metrics-rollouts/plugin.js';
import { rolloutSettings } from '../../../plugins/metrics-rollouts/settings.js';
import { record, tokenizer } from './batches.js';

/** Files a sink with these settings writes. */
async function write(settings: object, ...batches: Omit<RolloutBatch, 'tokenizer'>[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const storage = {
    write: async (path: string, content: Uint8Array) => {
      files.set(path, Buffer.from(content));
      return { bytes: content.length, sha256: '' };
    },
  } as Partial<Storage> as Storage;
  const [provider] = plugin.provides;
  const sink = await provider.create(
    provider.settings.parse(settings) as never,
    { platform: { storage } } as ProviderContext,
  );
  for (const batch of batches) await sink.rollouts!({ ...batch, tokenizer });
  return files;
}

const linesOf = (file: Buffer): Record<string, unknown>[] =>
  gunzipSync(file)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('rollout files', () => {
  it('hold a header and every response with all its numbers, four decimals each', async () => {
    const files = await write({}, { iteration: 3, records: [record(0), record(1)] });
    expect([...files.keys()]).toEqual(['rollouts/000003.train.jsonl.gz']);
    const [header, first] = linesOf(files.get('rollouts/000003.train.jsonl.gz')!);
    expect(header).toEqual({ format: 'orz-rollouts', version: 1, iteration: 3, responses: 2, stored: 2 });
    expect(first).toEqual({
      index: 0,
      group: 0,
      problem: 'p/0',
      question: '5+7',
      gold: '12',
      prompt: '5+7=',
      promptTokens: [...tokenizer.encode('5+7=')],
      text: '012',
      tokens: [0, 1, 2],
      tokenTexts: ['0', '1', '2'],
      stopReason: 'stop',
      weightVersion: 4,
      verdict: 'correct',
      reward: 1,
      answer: '12',
      detail: { rule: 'equal' },
      samplerLogprobs: [-0.1, -0.2429, -0.3857],
      logprobs: [-0.2, -0.3429, -0.4857],
      entropy: [-0.3, -0.4429, -0.5857],
      values: [-0.4, -0.5429, -0.6857],
      advantages: [-0.5, -0.6429, -0.7857],
      returns: [-0.6, -0.7429, -0.8857],
    });
  });

  it('leave out what an evaluation does not know, and say which set it was', async () => {
    const files = await write({}, { iteration: 5, set: 'AIME 2024/../x', records: [record(0, { trained: false })] });
    const [[name, content]] = [...files] as [[string, Buffer]];
    expect(name).toBe('rollouts/000005.evaluation-AIME%202024%2F..%2Fx.jsonl.gz');
    const [header, line] = linesOf(content) as [object, Record<string, unknown>];
    expect(header).toMatchObject({ set: 'AIME 2024/../x' });
    expect(line).not.toHaveProperty('logprobs');
    expect(line['samplerLogprobs']).toHaveLength(3);
  });

  it('show the reward trained on where it is another', async () => {
    const [, shuffled, same] = linesOf(
      [...(await write({}, { iteration: 1, records: [record(0, { reward: 0 }), record(1)] })).values()][0]!,
    );
    expect(shuffled).toMatchObject({ reward: 1, trainedReward: 0 });
    expect(same).not.toHaveProperty('trainedReward');
  });

  it('come every so many iterations, the first included, and for every evaluation', async () => {
    const batches = [1, 2, 3, 4].map((iteration) => ({ iteration, records: [record(0)] }));
    const files = await write({ every: 3 }, ...batches, { iteration: 4, set: 'held', records: [record(0)] });
    expect([...files.keys()]).toEqual([
      'rollouts/000001.train.jsonl.gz',
      'rollouts/000003.train.jsonl.gz',
      'rollouts/000004.evaluation-held.jsonl.gz',
    ]);
    expect((await write({ evaluationResponses: 0 }, { iteration: 4, set: 'held', records: [record(0)] })).size).toBe(0);
  });
});

describe('the responses kept', () => {
  const groups = (sizes: readonly number[], length: number) =>
    sizes
      .flatMap((size, group) => Array.from({ length: size }, () => group))
      .map((group, i) => record(i, { group, length }));
  const kept = (sizes: readonly number[], length: number, limit: { responses: number; maxTokens: number }) =>
    chooseRecords(groups(sizes, length), limit).length;

  it('are whole groups', () => {
    expect(kept([4, 4, 4], 1, { responses: 11, maxTokens: 1000 })).toBe(8);
    expect(kept([4, 4, 4], 1, { responses: 12, maxTokens: 1000 })).toBe(12);
    expect(kept([4, 4, 4], 5, { responses: 12, maxTokens: 41 })).toBe(8);
  });

  it('are a part of the first group if that is too large, and never none', () => {
    expect(kept([4, 4], 5, { responses: 12, maxTokens: 12 })).toBe(2);
    expect(kept([4, 4], 5, { responses: 3, maxTokens: 1000 })).toBe(3);
    expect(kept([4, 4], 5, { responses: 3, maxTokens: 1 })).toBe(1);
    expect(chooseRecords([], { responses: 3, maxTokens: 1 })).toEqual([]);
  });
});

describe('disk', () => {
  it('stays below what the plan says, for numbers that compress badly', async () => {
    const noisy = Array.from({ length: 24 }, (_, i) => {
      const base = record(i, { group: i >> 2, length: 200 });
      const noise = (): Float32Array =>
        Float32Array.from(randomBytes(200), (byte, t) => -((byte * 257 + randomBytes(1)[0]!) / 3000 + t / 9999));
      return {
        ...base,
        rollout: { ...base.rollout, samplerLogprobs: noise() },
        training: {
          reward: 1,
          logprobs: noise(),
          entropy: noise(),
          values: noise(),
          advantages: noise(),
          returns: noise(),
        },
      };
    });
    const settings = rolloutSettings.parse({ responses: 16, maxTokens: 3000 });
    const [file] = (await write(settings, { iteration: 1, records: noisy })).values();
    const planned = rolloutDiskBytes(settings, {
      iterations: 1,
      responses: 24,
      maxResponseTokens: 200,
      evaluations: 0,
    });
    expect(file!.length).toBeLessThan(planned);
    expect(file!.length).toBeGreaterThan(planned / 4);
  });

  it('is what the plan asks the plugin for', () => {
    const sizes = { iterations: 50, responses: 512, maxResponseTokens: 48, evaluations: 11 };
    const settings = rolloutSettings.parse({ every: 2, evaluationResponses: 8 });
    const provider = plugin.provides.find(({ type }) => type === 'rollouts');
    expect(provider?.diskBytes?.(settings as never, sizes)).toBe(rolloutDiskBytes(settings, sizes));
    // 26 training files of 128 responses, 11 of evaluations with 8 each
    expect(rolloutDiskBytes(settings, sizes)).toBe((26 * 128 + 11 * 8) * (512 + 48 * 28));
  });

  it('does not grow with the length of responses beyond the limit', () => {
    const settings = rolloutSettings.parse({});
    const at = (maxResponseTokens: number) =>
      rolloutDiskBytes(settings, { iterations: 1000, responses: 8192, maxResponseTokens, evaluations: 300 });
    expect(at(32_000)).toBe(at(8000));
    expect(at(8000)).toBeLessThan(2e9);
  });
});

it('names of files sort by iteration', () => {
  expect([10, 9, 100].map((iteration) => rolloutFile(iteration)).sort()).toEqual(
    [9, 10, 100].map((iteration) => rolloutFile(iteration)),
  );
});
