import { describe, expect, it } from 'vitest';
import { checkConfig, checkParts, type RunParts } from '../../../core/config/check.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { completeValues, fakePlugins } from './fake-plugins.js';

const { config } = await resolveConfig([{ label: 'whole', values: completeValues }], createRegistry(fakePlugins()));
const origin = (path: string) => `layer of ${path}`;
const broken = (code: string, path: string, allowed: string) =>
  expect.objectContaining({
    code,
    message: expect.stringContaining(`'${path}'`),
    details: expect.objectContaining({
      origin: `layer of ${path}`,
      allowed: expect.stringContaining(allowed),
      remedy: expect.stringMatching(/.{10}/),
    }),
  });

describe('checkConfig', () => {
  it('accepts a configuration that keeps every rule, at the very limits', () => {
    expect(() => {
      checkConfig(
        {
          ...config,
          criticUpdateSteps: 8,
          policyUpdateSteps: 8,
          lossAggregation: 'packed-row-mean',
          packedRowTokens: 24,
        },
        origin,
      );
    }).not.toThrow();
  });

  it.each([
    [{ policyUpdateSteps: 9 }, 'policyUpdateSteps', 'at most rolloutBatchSize × samplesPerPrompt = 8'],
    [{ criticUpdateSteps: 9 }, 'criticUpdateSteps', 'at most rolloutBatchSize × samplesPerPrompt = 8'],
    [
      { lossAggregation: 'packed-row-mean', packedRowTokens: 23 },
      'packedRowTokens',
      'maxPromptTokens + maxResponseTokens = 24',
    ],
    [
      { policyScorePass: false, policyUpdateSteps: 1, policyEpochs: 2 },
      'policyScorePass',
      'true with several policy steps per iteration',
    ],
    [{ lossAggregation: 'packed-row-mean' }, 'packedRowTokens', 'maxPromptTokens + maxResponseTokens = 24'],
    [{ policyDecaySteps: 5 }, 'policyDecaySteps', 'together with policyFinalLearningRate'],
    [{ policyFinalLearningRate: 0 }, 'policyFinalLearningRate', 'together with policyDecaySteps'],
    [
      { policyDecaySteps: 5, policyFinalLearningRate: 2 * config.policyLearningRate },
      'policyFinalLearningRate',
      'at most policyLearningRate',
    ],
    [
      { dataFilters: { ...config.dataFilters, passRate: { min: 0.5, max: 0.5 } } },
      'dataFilters.passRate.min',
      'below dataFilters.passRate.max = 0.5',
    ],
    [
      { lora: { ...config.lora, rank: 1 }, frozen: { embedding: false, blocks: 1 } },
      'lora.rank',
      '0 with frozen parts',
    ],
  ] as const)('rejects %j', (change, path, allowed) => {
    expect(() => {
      checkConfig({ ...config, ...change }, origin);
    }).toThrow(broken('ORZ_CONFIG_INVALID', path, allowed));
  });
});

describe('checkParts', () => {
  const parts: RunParts = {
    config,
    advantage: { name: 'gae', needsCritic: true },
    model: {},
    engine: { name: 'local' },
  };
  const group = { name: 'group', needsCritic: false, minGroupSize: 2 };

  it('accepts parts that fit', () => {
    expect(() => {
      checkParts(parts, origin);
    }).not.toThrow();
    expect(() => {
      checkParts({ ...parts, advantage: group, config: { ...config, criticUpdateSteps: 0 } }, origin);
      checkParts({ ...parts, model: { hasCritic: true } }, origin);
    }).not.toThrow();
  });

  it.each([
    [
      { config: { ...config, criticUpdateSteps: 0 } },
      'ORZ_CONFIG_INVALID',
      'criticUpdateSteps',
      "advantage 'gae' uses a critic",
    ],
    [{ advantage: group }, 'ORZ_CONFIG_INVALID', 'criticUpdateSteps', "advantage 'group' uses no critic"],
    [
      { advantage: group, config: { ...config, criticUpdateSteps: 0, samplesPerPrompt: 1 } },
      'ORZ_CONFIG_INVALID',
      'samplesPerPrompt',
      'at least 2',
    ],
    [
      { model: { hasCritic: true }, advantage: group, config: { ...config, criticUpdateSteps: 0 } },
      'ORZ_CONFIG_INVALID',
      'model.critic',
      "advantage 'group' uses no critic",
    ],
    [
      { model: { hasCritic: true }, config: { ...config, lora: { ...config.lora, rank: 4 } } },
      'ORZ_CONFIG_INVALID',
      'model.critic',
      'adapters of a critic',
    ],
    [
      { model: { hasCritic: true }, engine: { name: 'far', hasWeights: true } },
      'ORZ_CONFIG_INVALID',
      'model.critic',
      "engine 'far' makes its critic itself",
    ],
  ] as [Partial<RunParts>, string, string, string][])('rejects case %#: %s %s', (change, code, path, allowed) => {
    expect(() => {
      checkParts({ ...parts, ...change }, origin);
    }).toThrow(broken(code, path, allowed));
  });
});
