import { describe, expect, it } from 'vitest';
import { describePlan } from '../../../core/plan/describe.js';
import { planDisk } from '../../../core/plan/disk.js';
import { requireMemory } from '../../../core/plan/memory.js';
import { planRun } from '../../../core/plan/plan.js';
import { formatBytes, formatCount, formatOperations } from '../../../core/plan/units.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { completeValues, fakePlugins } from '../config/fake-plugins.js';

const { config: base } = await resolveConfig(
  [{ label: 'whole', values: completeValues }],
  createRegistry(fakePlugins()),
);
const config = { ...base, engine: { type: 'local', microBatchTokens: 64, maxSlots: 4 } };
/**
 * Parameters by hand: embedding 10·4; block: norms 2·4, q 4·4+4, k and v 2·(2·4+2), o 4·4, feed-forward 3·4·6; final
 * norm 4. Two blocks.
 */
const block = 8 + 20 + 20 + 16 + 72;
const architecture: DecoderConfig = {
  vocabSize: 10,
  hiddenSize: 4,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 2,
  intermediateSize: 6,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 64,
};
const policy = 40 + 2 * block + 4;

describe('planRun', () => {
  it('counts prompts, responses, updates and tokens', () => {
    expect(planRun({ config, critic: true, reference: false, optimizerStates: 2 })).toEqual({
      iterations: 2,
      promptsPerIteration: 4,
      responsesPerIteration: 8,
      policyUpdates: 2,
      criticUpdates: 4,
      maxTokensPerIteration: 8 * 24,
    });
  });

  it('counts the parameters of the models there will be; a critic has a head of the hidden size', () => {
    expect(planRun({ config, architecture, critic: true, reference: true, optimizerStates: 2 }).parameters).toEqual({
      policy,
      critic: policy + 4,
      reference: policy,
      trained: { policy, critic: policy + 4 },
    });
    const alone = planRun({ config, architecture, critic: false, reference: false, optimizerStates: 2 });
    expect(alone.parameters).toEqual({ policy, critic: 0, reference: 0, trained: { policy, critic: 0 } });
    expect(alone.criticUpdates).toBe(0);
  });

  it('plans four bytes for each weight, moment and gradient, and the cache of sequences of the maximum length', () => {
    const { memory } = planRun({ config, architecture, critic: true, reference: true, optimizerStates: 2 });
    expect(memory).toMatchObject({
      weights: 4 * (3 * policy + 4),
      moments: 4 * 2 * (2 * policy + 4),
      gradients: 4 * (policy + 4),
      cache: 4 * 4 * 24 * 2 * 2 * 1 * 2,
      responses: 4 * 8 * (config.maxPromptTokens + 12 * config.maxResponseTokens),
    });
    const { weights, moments, gradients, activations, responses, peak } = memory!;
    expect(peak).toBe(weights + moments + gradients + activations + responses);
  });

  it('plans adapters on one base: their moments alone, and the weights that are merged of each trained model', () => {
    const adapted = { ...config, lora: { rank: 2, alpha: 4, targets: ['v_proj' as const, 'down_proj' as const] } };
    const plan = planRun({ config: adapted, architecture, critic: true, reference: true, optimizerStates: 2 });
    // Per block: v [2, 4] has 2·4 + 2·2 in its adapter, down [4, 6] 2·6 + 4·2.
    const adapters = 2 * (12 + 20);
    expect(plan.parameters).toMatchObject({
      trained: { policy: adapters, critic: adapters + 4 },
      merged: 2 * (8 + 24),
    });
    expect(plan.memory).toMatchObject({
      weights: 4 * (policy + 2 * 64 + 2 * adapters + 4),
      moments: 4 * 2 * (2 * adapters + 4),
      gradients: 4 * (64 + adapters + 4),
    });
    expect(describePlan(plan).find(([label]) => label === 'parameters')![1]).toBe(
      'policy 316 (64 in adapters are trained), critic 320 (68 in adapters are trained), reference 316',
    );
    const { parameters } = plan;
    expect(planDisk({ config: adapted, parameters: parameters!, optimizerStates: 2 }).checkpoint).toBe(
      4 * (2 * policy + 4 + 3 * (2 * adapters + 4)),
    );
    const off = { ...config, lora: { ...adapted.lora, rank: 0 } };
    const full = planRun({ config: off, architecture, critic: true, reference: true, optimizerStates: 2 });
    expect(full.parameters).toMatchObject({ trained: { policy, critic: policy + 4 } });
    expect(full.parameters!.merged).toBeUndefined();
  });

  it('plans two bytes for what is stored in bf16, and the copies in f32 that a program reads of it', () => {
    const plan = (dtypes: typeof config.dtypes) =>
      planRun({ config: { ...config, dtypes }, architecture, critic: true, reference: true, optimizerStates: 2 });
    const [full, half] = [plan({ weights: 'f32', moments: 'f32' }), plan({ weights: 'bf16', moments: 'bf16' })];
    expect(half.memory).toMatchObject({
      weights: full.memory!.weights / 2,
      moments: full.memory!.moments / 2,
      gradients: full.memory!.gradients,
      // A block is larger than the output matrix.
      activations: full.memory!.activations + 4 * block,
    });
    expect(plan({ weights: 'f32', moments: 'bf16' }).memory).toMatchObject({
      weights: full.memory!.weights,
      moments: half.memory!.moments,
      activations: full.memory!.activations,
    });
    const disk = { config: { ...config, dtypes: { weights: 'bf16', moments: 'bf16' } as const }, optimizerStates: 2 };
    expect(planDisk({ ...disk, parameters: half.parameters! }).checkpoint).toBe(2 * 3 * (2 * policy + 4));
  });

  it('plans neither gradients nor moments of frozen parts', () => {
    const frozen = { ...config, frozen: { embedding: true, blocks: 1 } };
    const plan = planRun({ config: frozen, architecture, critic: true, reference: false, optimizerStates: 2 });
    const trained = policy - 40 - block;
    expect(plan.parameters).toMatchObject({ policy, trained: { policy: trained, critic: trained + 4 } });
    expect(plan.memory).toMatchObject({
      weights: 4 * (2 * policy + 4),
      moments: 4 * 2 * (2 * trained + 4),
      gradients: 4 * (trained + 4),
    });
    expect(describePlan(plan).find(([label]) => label === 'parameters')![1]).toBe(
      `policy 316 (${trained} are trained), critic 320 (${trained + 4} are trained)`,
    );
    const tooMany = { ...config, frozen: { embedding: false, blocks: 3 } };
    expect(() =>
      planRun({ config: tooMany, architecture, critic: false, reference: false, optimizerStates: 2 }),
    ).toThrow(
      expect.objectContaining({
        code: 'ORZ_CONFIG_INVALID',
        details: expect.objectContaining({ origin: 'frozen.blocks', allowed: 'at most 2' }),
      }),
    );
  });

  it('refuses a rank that a weight is too small for', () => {
    const wide = { ...config, lora: { rank: 3, alpha: 32, targets: ['v_proj' as const] } };
    expect(() => planRun({ config: wide, architecture, critic: false, reference: false, optimizerStates: 2 })).toThrow(
      expect.objectContaining({
        code: 'ORZ_CONFIG_INVALID',
        details: expect.objectContaining({ origin: 'lora.rank' }),
      }),
    );
  });

  it('counts the operations of a reduced network by hand', () => {
    // Per token and block: matrices 4·4 (q) + 2·4·2 (k, v) + 4·4 (o) + 3·4·6 = 120; attention 2·4 numbers for each
    // token before it. Head: 4·10 or 4·1.
    const { maxPromptTokens: P, maxResponseTokens: T } = config;
    const pass = (tokens: number, context: number, outputs: number): number =>
      2 * tokens * 2 * (120 + 8 * context) + 2 * 4 * outputs;
    const policyPass = pass(8 * (P + T), (P + T) / 2, 8 * T * 10),
      criticPass = pass(8 * (P + T), (P + T) / 2, 8 * T);
    const sample = pass(4 * P, P / 2, 0) + pass(8 * T, P + T / 2, 8 * T * 10);
    expect(planRun({ config, architecture, critic: true, reference: true, optimizerStates: 2 }).operations).toEqual({
      sample,
      score: 2 * policyPass + criticPass,
      critic: 4 * criticPass,
      policy: 4 * policyPass,
      total: sample + 6 * policyPass + 5 * criticPass,
    });
  });

  it('plans no memory for an engine that holds the models elsewhere', () => {
    expect(
      planRun({ config: base, architecture, critic: true, reference: false, optimizerStates: 2 }).memory,
    ).toBeUndefined();
  });
});

describe('requireMemory', () => {
  const plan = planRun({ config, architecture, critic: false, reference: false, optimizerStates: 2 });
  it('accepts exactly what is needed', () => {
    expect(() => {
      requireMemory(plan, { bytes: plan.memory!.peak, needed: plan.memory!.peak, where: 'memory of this machine' });
    }).not.toThrow();
  });
  const large = {
    ...plan,
    parameters: { policy: 1e9, critic: 0, reference: 0, trained: { policy: 1e9, critic: 0 } },
    memory: { weights: 4e9, moments: 8e9, gradients: 4e9, activations: 1e9, cache: 2e9, responses: 0, peak: 17e9 },
  };
  it('says by how much a run does not fit, for what, and what would fit', () => {
    expect(() => {
      requireMemory(large, { bytes: 8e9, needed: 17e9, where: 'memory of this machine' });
    }).toThrow(
      expect.objectContaining({
        code: 'ORZ_INSUFFICIENT',
        message: expect.stringMatching(/17 GB .*weights 4 GB, moments 8 GB.* 9 GB more/),
        details: expect.objectContaining({
          value: '17 GB',
          allowed: 'at most 8 GB',
          origin: 'memory of this machine',
          remedy: expect.stringMatching(/models alone take 16 GB.*500 M parameters.*smaller preset.*one device/),
        }),
      }),
    );
  });
  it('names those of the batch when its responses do not fit', () => {
    const wide = { ...config, rolloutBatchSize: 1e15 };
    expect(() => {
      const huge = planRun({ config: wide, architecture, critic: false, reference: false, optimizerStates: 2 });
      requireMemory(huge, { bytes: 8e9, needed: huge.memory!.peak, where: 'memory of this machine' });
    }).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/responses [\d.]+ EB/),
        details: expect.objectContaining({ remedy: expect.stringMatching(/lower rolloutBatchSize/) }),
      }),
    );
  });
  it('names the settings to lower when only cache and activations do not fit', () => {
    expect(() => {
      requireMemory(large, { bytes: 16.5e9, needed: 17e9, where: 'memory of this machine' });
    }).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ remedy: expect.stringMatching(/engine\.maxSlots.*maxResponseTokens/) }),
      }),
    );
  });
});

describe('describePlan', () => {
  it('leaves out models that there will not be', () => {
    const lines = new Map(
      describePlan(planRun({ config, architecture, critic: false, reference: false, optimizerStates: 2 })),
    );
    expect(lines.get('parameters')).toBe(`policy ${policy}`);
    expect(lines.get('per iteration')).toBe('4 prompts, 8 responses, at most 192 tokens');
  });
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [123_456_789, '123 MB'],
    [2.5e12, '2.5 TB'],
    [9e15, '9 PB'],
    [5e18, '5 EB'],
    [4.8e22, '48000 EB'],
    [4.8e31, '4.80e+13 EB'],
  ])('shows %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
  it('shows operations in the unit that fits', () => {
    expect([12, 4.2e9, 1.3862e19].map(formatOperations)).toEqual(['12 FLOP', '4.2 GFLOP', '13.9 EFLOP']);
  });
  it('shows counts without unit below a thousand', () => {
    expect([formatCount(12), formatCount(494_032_768), formatCount(7.615e9)]).toEqual(['12', '494 M', '7.62 B']);
  });
});
