import { describe, expect, it } from 'vitest';
import { planDisk } from '../../../core/plan/disk.js';
import { planRun } from '../../../core/plan/plan.js';
import { likelyLengths, longest, passOperations, planTime, type DeviceSpeed } from '../../../core/plan/time.js';
import type { PlanRequest } from '../../../core/plan/types.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { architectures } from '../../../presets/architectures.js';
import { completeValues, fakePlugins } from '../config/fake-plugins.js';

const { config: base } = await resolveConfig(
  [{ label: 'whole', values: completeValues }],
  createRegistry(fakePlugins()),
);
const architecture = architectures.get('Qwen/Qwen2.5-0.5B')!;
const config = {
  ...base,
  iterations: 11,
  rolloutBatchSize: 4,
  samplesPerPrompt: 8,
  maxPromptTokens: 64,
  maxResponseTokens: 64,
  policyUpdateSteps: 1,
  criticUpdateSteps: 2,
  evaluation: { ...base.evaluation, every: 5, problems: 32, periodicProblems: 16, samples: 1 },
  checkpoint: { ...base.checkpoint, every: 4 },
};
const request: PlanRequest & { readonly architecture: typeof architecture } = {
  config,
  architecture,
  critic: true,
  reference: false,
  optimizerStates: 2,
};
/** Nothing takes time. */
const idle: DeviceSpeed = {
  lanes: 16,
  decode: [{ capacity: 128, seconds: 0 }],
  score: { policy: 0, critic: 0 },
  train: { policy: 0, critic: 0 },
  step: { policy: 0, critic: 0 },
  compile: 0,
};
const lengths = { promptTokens: 32, responseTokens: 64 };
const time = (speed: Partial<DeviceSpeed>, changed: Partial<PlanRequest> = {}, at = lengths) =>
  planTime({ request: { ...request, ...changed }, speed: { ...idle, ...speed }, lengths: at });

describe('the time of a run', () => {
  it('decodes responses in waves, and evaluates before, during and after the run', () => {
    const decode = [{ capacity: 128, seconds: 0.5 }];
    // 32 responses on 16 lanes: two waves of 64 steps; evaluations of 32, 16, 16 and 32 problems.
    expect(time({ decode })).toMatchObject({ perIteration: 64, evaluations: 64 + 32 + 32 + 64, total: 11 * 64 + 192 });
  });

  it('reads the time of a step off the line through two capacities', () => {
    const decode = [
      { capacity: 128, seconds: 1 },
      { capacity: 256, seconds: 2 },
    ];
    const long = { ...config, maxResponseTokens: 960 };
    const steps = (responseTokens: number): number =>
      time({ decode, lanes: 32 }, { config: long }, { promptTokens: 64, responseTokens }).perIteration;
    expect(steps(64)).toBe(64);
    // The cache grows to 256 and 512 tokens on the way.
    expect(steps(448)).toBe(64 + 128 * 2 + 256 * 4);
  });

  it('takes each pass of each model once, its steps by their number, and a reference like the policy', () => {
    const { policy, critic } = passOperations(architecture, 32, lengths);
    const speed = { score: { policy: 1, critic: 10 }, train: { policy: 3, critic: 30 } };
    expect(time(speed).perIteration).toBeGreaterThanOrEqual(4 * policy + 40 * critic);
    expect(time(speed, { reference: true }).perIteration - time(speed).perIteration).toBeCloseTo(policy, -6);
    const parameters = planRun(request).parameters!;
    expect(time({ step: { policy: 1, critic: 10 } }).perIteration).toBe(parameters.policy + 20 * parameters.critic);
  });

  it('counts the training of a base model, compiling, and checkpoints', () => {
    const training = { steps: 10, tokensPerStep: 960, ...lengths };
    const { policy } = passOperations(architecture, 10, lengths);
    expect(time({ compile: 7, train: { policy: 1, critic: 0 } }, { training }).start).toBe(7 + 10 * policy);
    const disk = planDisk({ ...request, parameters: planRun(request).parameters! });
    const { checkpoints } = planTime({ request, speed: idle, lengths, disk });
    expect(checkpoints).toBeCloseTo((3 * disk.checkpoint) / 100e6);
  });
});

describe('the likely lengths', () => {
  it('are those that a base model made on the spot learns from, within the limits', () => {
    const training = { steps: 1, tokensPerStep: 1, promptTokens: 12, responseTokens: 90 };
    expect(likelyLengths({ ...request, training })).toMatchObject({ promptTokens: 12, responseTokens: 64 });
  });

  it("are else those of the authors' run, within the limits", () => {
    const wide = { ...config, maxPromptTokens: 2048, maxResponseTokens: 8000 };
    expect(likelyLengths({ ...request, config: wide })).toMatchObject({ promptTokens: 200, responseTokens: 1500 });
    expect(longest(wide)).toEqual({ promptTokens: 2048, responseTokens: 8000 });
  });
});
