import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { planRequestOf } from '../../../cli/plan.js';
import { measureSpeed } from '../../../cli/plan/measure/measure-speed.js';
import { batchOf } from '../../../cli/plan/measure/probe-batch.js';
import { probeModel, probeNetwork } from '../../../cli/plan/measure/probe-network.js';
import { pack } from '../../../core/compute/engine/packing.js';
import { architectures } from '../../../presets/architectures.js';
import { temporaryFolder } from '../temporary-folder.js';

const requestOf = async (set: readonly string[]) => {
  const { resolved } = await gatherConfig({ set }, temporaryFolder());
  const { request } = await planRequestOf(resolved);
  return { resolved, request: { ...request, architecture: request.architecture! } };
};

const small = [
  'backend=reference',
  'model.hiddenSize=16',
  'model.heads=2',
  'model.layers=1',
  'model.intermediateSize=16',
  'rolloutBatchSize=2',
  'samplesPerPrompt=4',
  'criticUpdateSteps=2',
];

describe('the measurement of a device', () => {
  it.each([
    ['with a critic', [], true],
    ['without one', ['advantage.type=group', 'criticUpdateSteps=0'], false],
    ['with a reference model', ['kl={"type":"loss"}'], true],
    ['with adapters', ['lora.rank=2'], true],
  ])('times all that a run does %s', async (_, set, critic) => {
    const { speed, device } = await measureSpeed(await requestOf([...small, ...set]));
    expect(device).toMatch(/^reference on /);
    expect(speed.lanes).toBe(8);
    for (const seconds of [...speed.decode.map((step) => step.seconds), speed.score.policy, speed.train.policy])
      expect(seconds).toBeGreaterThan(0);
    expect(speed.train.critic > 0).toBe(critic);
  });

  it('takes one block and few tokens of a network that is too large for it', () => {
    const whole = architectures.get('Qwen/Qwen2.5-7B')!;
    const probe = probeNetwork(whole);
    expect(probe).toMatchObject({ layers: 1, hiddenSize: whole.hiddenSize });
    expect(probe.vocabSize * probe.hiddenSize).toBeLessThanOrEqual(8e6);
  });

  it('fills weights with finite numbers that are not all alike', () => {
    const network = probeNetwork({ ...architectures.get('Qwen/Qwen2.5-0.5B')!, vocabSize: 64 });
    for (const { name, data } of probeModel(network).weights() as Iterable<{ name: string; data: Float32Array }>) {
      expect(data.every(Number.isFinite), name).toBe(true);
      if (name.endsWith('proj.weight')) expect(data[data.length - 1], name).not.toBe(data[0]);
    }
  });

  it('uses a batch that fills one micro-batch and no more', async () => {
    const { request } = await requestOf([]);
    const lengths = { promptTokens: 12, responseTokens: 16 };
    const batch = batchOf({ config: request.config, lengths, role: 'policy', tokens: Infinity });
    const limits = { microBatchTokens: 2048, rowTokens: 128 };
    expect(pack(batch, limits)).toHaveLength(1);
    expect(batch.reduce((sum, { tokens }) => sum + tokens.length, 0)).toBeGreaterThan(0.85 * 2048);
    expect(batchOf({ config: request.config, lengths, role: 'critic', tokens: 100 })).toHaveLength(3);
  });
});
