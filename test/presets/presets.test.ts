import { describe, expect, it } from 'vitest';
import { builtinPlugins } from '../../cli/builtin-plugins.js';
import { planRun } from '../../core/plan/plan.js';
import { presetLayers, presetStack, sourceOf } from '../../core/config/preset.js';
import { leafValues } from '../../core/config/layers.js';
import { resolveConfig } from '../../core/config/resolve.js';
import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import { createRegistry } from '../../core/plugin/registry.js';
import { architectures } from '../../presets/architectures.js';
import { presetCatalog } from '../../presets/index.js';

const registry = createRegistry(builtinPlugins);
const runnable = [...presetCatalog.keys()].filter((name) => name !== 'orz-base');
const resolvePreset = (name: string) => resolveConfig(presetLayers(presetStack([name], presetCatalog)), registry);

describe.each(runnable)('preset %s', (name) => {
  it('resolves to what is recorded, each value with its origin and source', async () => {
    const chain = presetStack([name], presetCatalog);
    const { config, origins } = await resolvePreset(name);
    const lines = leafValues(config).map(([path, value]) => {
      const origin = origins.get(path);
      const source = sourceOf(path, origin, chain);
      return `${path} = ${JSON.stringify(value)}  (${origin}${source === undefined ? '' : `: ${source}`})`;
    });
    expect(lines.join('\n')).toMatchSnapshot();
  });
});

describe.each([...presetCatalog.values()])('preset $name', ({ values, sources }) => {
  it('cites a source for every value it states, and for nothing else', () => {
    expect(Object.keys(sources ?? {})).toEqual(Object.keys(values));
  });
});

describe('presets', () => {
  it('that are ablations differ from orz-7b in nothing but the setting they are named for', async () => {
    const whole = new Map(
      leafValues((await resolvePreset('orz-7b')).config).map(([path, value]) => [path, JSON.stringify(value)]),
    );
    const changes = async (name: string) =>
      leafValues((await resolvePreset(name)).config)
        .filter(([path, value]) => whole.get(path) !== JSON.stringify(value))
        .map(([path, value]) => [path, value]);
    expect(await changes('gae-lambda-0.95')).toEqual([['advantage.lambda', 0.95]]);
    expect(await changes('gae-lambda-0.99')).toEqual([['advantage.lambda', 0.99]]);
    expect(await changes('gae-lambda-0.998')).toEqual([['advantage.lambda', 0.998]]);
    expect(await changes('gamma-0.99')).toEqual([['advantage.gamma', 0.99]]);
    expect(await changes('temperature-0.6')).toEqual([['temperature', 0.6]]);
    expect(await changes('temperature-1.2')).toEqual([['temperature', 1.2]]);
    expect(await changes('top-p-0.95')).toEqual([['topP', 0.95]]);
    expect(await changes('on-policy')).toEqual([]);
    expect(await changes('off-policy')).toEqual([
      ['rolloutBatchSize', 1024],
      ['policyUpdateSteps', 8],
    ]);
    expect((await changes('math-7.5k')).map(([path]) => String(path).split('.').slice(0, 2).join('.'))).toEqual([
      'data.train',
      'data.train',
    ]);
    expect(await changes('kl-loss')).toEqual([
      ['kl.type', 'loss'],
      ['kl.coefficient', 0.01],
      ['kl.estimator', 'k3'],
    ]);
    expect(await changes('kl-penalty')).toEqual([
      ['kl.type', 'penalty'],
      ['kl.coefficient', 0.01],
      ['kl.estimator', 'k1'],
    ]);
  });

  it('for annealing lower the learning rate on hard problems, on any model', async () => {
    const stack = presetStack(['orz-tiny', 'annealing'], presetCatalog);
    const { config } = await resolveConfig(presetLayers(stack), registry);
    expect(config).toMatchObject({
      iterations: 100,
      dataFilters: { passRate: { max: 4 / 64 }, duplicate: 'drop' },
      ...{ policyWarmupSteps: 0, policyDecaySteps: 100, policyFinalLearningRate: 3e-7 },
    });
  });

  it('of one recipe share every number that the paper shares between sizes', async () => {
    const shared = [
      'rolloutBatchSize',
      'samplesPerPrompt',
      'policyUpdateSteps',
      'criticUpdateSteps',
      'policyLearningRate',
      'criticLearningRate',
      'temperature',
      'maxPromptTokens',
    ] as const;
    for (const name of ['orz-0.5b', 'orz-1.5b', 'orz-7b', 'orz-32b']) {
      const { config } = await resolvePreset(name);
      expect(
        shared.map((key) => config[key]),
        name,
      ).toEqual([128, 64, 1, 12, 1e-6, 5e-6, 1, 2048]);
    }
  });

  it('for real models can be planned: their architecture is known', async () => {
    for (const name of runnable.filter((entry) => !['orz-tiny', 'orz-lab', 'calculator'].includes(entry))) {
      const { config } = await resolvePreset(name);
      const architecture = architectures.get(String(config.model['path']));
      const plan = planRun({
        config,
        architecture: architecture!,
        critic: true,
        reference: config.kl.type !== 'none',
        optimizerStates: 2,
      });
      expect(plan.memory?.peak, name).toBeGreaterThan(0);
      expect(plan.parameters!.reference > 0, name).toBe(name.startsWith('kl-'));
    }
  });
});

describe('architectures', () => {
  // Totals that the model cards and safetensors indices of these models state.
  it.each([
    ['Qwen/Qwen2.5-0.5B', 494_032_768],
    ['Qwen/Qwen2.5-1.5B', 1_543_714_304],
    ['Qwen/Qwen2.5-7B', 7_615_616_512],
    ['deepseek-ai/DeepSeek-R1-Distill-Qwen-14B', 14_770_033_664],
    ['Qwen/Qwen2.5-32B', 32_763_876_352],
  ])('give %s its published %d parameters', (name, parameters) => {
    expect(countParameters(decoderParameters(architectures.get(name)!, 'language'))).toBe(parameters);
  });
});
