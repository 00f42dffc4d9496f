import { describe, expect, it } from 'vitest';
import { planDisk } from '../../../core/plan/disk.js';
import { settingsThatFit } from '../../../core/plan/fit.js';
import { planRun } from '../../../core/plan/plan.js';
import type { MemoryPlan, PlanRequest } from '../../../core/plan/types.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { architectures } from '../../../presets/architectures.js';
import { completeValues, fakePlugins } from '../config/fake-plugins.js';

const { config: base } = await resolveConfig(
  [{ label: 'whole', values: completeValues }],
  createRegistry(fakePlugins()),
);
const config = {
  ...base,
  rolloutBatchSize: 64,
  samplesPerPrompt: 16,
  maxPromptTokens: 256,
  maxResponseTokens: 4000,
  engine: { type: 'local', microBatchTokens: 16_384, maxSlots: 256 },
};
const request: PlanRequest = {
  config,
  architecture: architectures.values().next().value!,
  critic: true,
  reference: false,
  optimizerStates: 2,
};
const peak = (changes: Readonly<Record<string, number>>): number =>
  planRun({
    ...request,
    config: {
      ...config,
      maxResponseTokens: changes['maxResponseTokens'] ?? config.maxResponseTokens,
      engine: {
        type: 'local',
        microBatchTokens: changes['engine.microBatchTokens'] ?? 16_384,
        maxSlots: changes['engine.maxSlots'] ?? 256,
      },
    },
  }).memory!.peak;

const within =
  (bytes: number) =>
  ({ peak }: MemoryPlan): boolean =>
    peak <= bytes;

describe('settingsThatFit', () => {
  const whole = peak({}),
    models = peak({ 'engine.maxSlots': 2, 'engine.microBatchTokens': 16, maxResponseTokens: 1 });

  it('finds the largest values that fit: one more would not', () => {
    for (const share of [0.99, 0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.03]) {
      const bytes = models + share * (whole - models);
      const settings = settingsThatFit(request, within(bytes))!;
      expect(peak(settings), String(share)).toBeLessThanOrEqual(bytes);
      const [name, value] = Object.entries(settings)[0]!;
      expect(peak({ ...settings, [name]: value + 1 }), `${share}: ${name}`).toBeGreaterThan(bytes);
    }
  });

  it('does not shorten responses while something else helps', () => {
    const engine = peak({ 'engine.maxSlots': 2, 'engine.microBatchTokens': 16 });
    expect(Object.keys(settingsThatFit(request, within(engine))!)).not.toContain('maxResponseTokens');
    expect(Object.keys(settingsThatFit(request, within(engine - 1))!)).toContain('maxResponseTokens');
  });

  it('finds none where the models alone are too large, nor for an engine that holds them elsewhere', () => {
    expect(settingsThatFit(request, within(models - 1))).toBeUndefined();
    expect(
      settingsThatFit({ ...request, config: { ...config, engine: { type: 'remote' } } }, within(1)),
    ).toBeUndefined();
  });
});

describe('planDisk', () => {
  const plan = (checkpoint: object, iterations: number) =>
    planDisk({
      config: { ...config, iterations, checkpoint: { ...config.checkpoint, ...checkpoint } },
      parameters: { policy: 1000, critic: 1100, reference: 1000, trained: { policy: 1000, critic: 1100 } },
      optimizerStates: 2,
    });

  it('counts the base model and the checkpoints that exist at once: kept, being written, final', () => {
    expect(plan({ every: 10, keep: 2, keepBest: 1 }, 100)).toEqual({
      checkpoint: 4 * 2100 * 3,
      checkpoints: 5,
      models: 4000 + 5 * 25_200,
      total: 4000 + 5 * 25_200,
    });
    expect(plan({ every: 10, keep: 2, keepBest: 1 }, 20).checkpoints).toBe(2);
    expect(plan({ every: 10, keep: 2, keepBest: 1 }, 10).checkpoints).toBe(1);
  });
});
