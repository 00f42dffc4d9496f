import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinPlugins } from '../../../../cli/builtin-plugins.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import { createRegistry } from '../../../../core/plugin/registry.js';
import type { Preset } from '../../../../core/config/preset.js';
import { presetCatalog } from '../../../../presets/index.js';
import {
  lossTolerance,
  recordedAlgorithms,
  relativeDifference,
  relativeTolerance,
  type Nested,
} from '../../../fixtures/algorithms/recorded.js';
import { startOnnx, startReference } from '../../compute/engine/support.js';
import type { RecordedUpdate } from './recorded-model.js';
import { algorithmSlots, packings, resolveRecorded, runRecorded } from './recorded-run.js';

const { cases } = recordedAlgorithms;

/** One entry per optimizer step. */
interface ExpectedStep {
  readonly members: readonly number[];
  readonly loss: number;
  readonly gradient: Nested;
}

function expectSteps(updates: readonly RecordedUpdate[], expected: readonly ExpectedStep[]): void {
  expect(updates.map(({ members }) => members)).toEqual(expected.map(({ members }) => members));
  for (const [step, { loss, gradient }] of expected.entries()) {
    expect(Math.abs(updates[step]!.value - loss)).toBeLessThan(lossTolerance);
    expect(relativeDifference(updates[step]!.gradient, gradient)).toBeLessThan(relativeTolerance);
  }
}

describe.each([
  ['reference', startReference],
  ['onnx', startOnnx],
] as const)('on recorded rollouts, on the backend %s, PyTorch agrees with', (_name, start) => {
  let backend: Backend;
  beforeAll(async () => (backend = await start()));
  afterAll(() => backend.dispose());

  it.each(cases)('$name', async (recorded) => {
    const { policy, critic = [] } = recorded;
    for (const limits of Object.values(packings)) {
      const ours = await runRecorded(recorded, { backend, limits, steps: policy.length });
      expect(relativeDifference(ours.batch.advantages, recorded.advantages)).toBeLessThan(relativeTolerance);
      expect(relativeDifference(ours.batch.returns, recorded.returns)).toBeLessThan(relativeTolerance);
      expectSteps(
        ours.policy,
        policy.map((step) => ({ ...step, gradient: step.logits })),
      );
      expectSteps(
        ours.critic,
        critic.map((step) => ({ ...step, gradient: step.values })),
      );
    }
  });

  it('is asked for one micro-batch and for several', async () => {
    const counts = await Promise.all(
      Object.values(packings).map(async (limits) => {
        const { policy } = await runRecorded({ presets: ['grpo'], config: {} }, { backend, limits, steps: 1 });
        return policy[0]?.microBatches;
      }),
    );
    expect(counts).toEqual([1, 7]);
  });
});

describe('what is recorded', () => {
  const registry = createRegistry(builtinPlugins);
  const chosen = cases.map(async (recorded) => {
    const { config } = await resolveRecorded(recorded, 1);
    return algorithmSlots.map((slot) => `${slot} ${config[slot].type}`);
  });

  it.each(algorithmSlots.flatMap((slot) => registry.types(slot).map((type) => `${slot} ${type}`)))(
    'has a case with %s',
    async (part) => {
      expect((await Promise.all(chosen)).flat()).toContain(part);
    },
  );

  // Those that change the recipe, and not the task or its data.
  const changesRecipe = ({ changes, values }: Preset): boolean => changes === 'orz-7b' && values.data === undefined;
  it.each([...presetCatalog.values()].filter(changesRecipe))('has a case with the preset $name', ({ name }) => {
    expect(cases.flatMap(({ presets }) => presets)).toContain(name);
  });
});
