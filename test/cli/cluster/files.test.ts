import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { defaultLoaders } from 'cosmiconfig';
import { beforeAll, describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.js';
import { generate, type GeneratedCluster } from './cluster-run.js';

const url = 'http://127.0.0.1:8000';
const sizes = ['orz-7b', 'orz-32b'] as const;
const made = new Map<string, GeneratedCluster>();
beforeAll(async () => {
  for (const preset of sizes) made.set(preset, await generate({ preset: [preset] }));
});
const settingsOf = ({ text }: GeneratedCluster) => JSON.parse(text('skyrl.json')) as Record<string, unknown>;

describe.each(sizes)('the files for %s', (preset) => {
  it('are the same bytes each time, and SHA256SUMS has the hash of what the cluster executes', async () => {
    const { names, text } = made.get(preset)!;
    const again = await generate({ preset: [preset] });
    expect(names.map(again.text)).toEqual(names.map(text));
    const sums = new Map(
      text('SHA256SUMS')
        .trim()
        .split('\n')
        .map((line) => line.split('  ').reverse() as [string, string]),
    );
    for (const [name, sum] of sums) expect(createHash('sha256').update(text(name)).digest('hex'), name).toBe(sum);
    expect(text('requirements.txt')).toContain(sums.get('skyrl.json')!);
  });

  it('place policy, critic and sampler on the same GPUs', () => {
    const generated = made.get(preset)!;
    const { gpus, nodes, gpusPerNode, sampling } = generated.spec.plan;
    expect(settingsOf(generated)).toMatchObject({
      'trainer.placement.colocate_all': true,
      'trainer.placement.policy_num_nodes': nodes,
      'trainer.placement.critic_num_gpus_per_node': gpusPerNode,
      'generator.inference_engine.tensor_parallel_size': sampling.tensorParallel,
    });
    expect(sampling.engines * sampling.tensorParallel).toBe(gpus);
  });

  it('have no word left to fill in', () => {
    const { names, text } = made.get(preset)!;
    expect(names.filter((name) => /@[A-Z_]+@/.test(text(name)))).toEqual([]);
  });

  it('have scripts that bash parses', () => {
    const { names, text } = made.get(preset)!;
    const scripts = names.filter((name) => /\.sh$|\.sbatch$/.test(name));
    expect(scripts).toEqual(['env.sh', 'setup.sh', 'ray.sh', 'serve.sh', 'slurm.sbatch']);
    for (const name of scripts) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text(name), encoding: 'utf8' });
      expect([status, stderr], name).toEqual([0, '']);
    }
  });

  it('have YAML of a RayJob with all GPUs', () => {
    const { spec, text } = made.get(preset)!;
    const { nodes } = spec.plan;
    interface Group {
      readonly replicas?: number;
      readonly template: { spec: { containers: { resources: { limits: Record<string, string> } }[] } };
    }
    const job = defaultLoaders['.yaml']('kuberay.yaml', text('kuberay.yaml')) as {
      kind: string;
      spec: { entrypoint: string; rayClusterSpec: { headGroupSpec: Group; workerGroupSpecs?: Group[] } };
    };
    expect(job).toMatchObject({ apiVersion: 'ray.io/v1', kind: 'RayJob' });
    const { headGroupSpec, workerGroupSpecs = [] } = job.spec.rayClusterSpec;
    expect(workerGroupSpecs.map(({ replicas }) => replicas)).toEqual(nodes > 1 ? [nodes - 1] : []);
    for (const { template } of [headGroupSpec, ...workerGroupSpecs])
      expect(template.spec.containers[0]!.resources.limits['nvidia.com/gpu']).toBe('8');
  });

  it('have a configuration that differs from the preset in the engine only', async () => {
    const { spec, text } = made.get(preset)!;
    const stated: unknown = JSON.parse(text('orz.config.json'));
    expect(stated).toEqual({
      preset: [preset],
      engine: expect.objectContaining({ type: 'tinker', url, baseModel: spec.model }),
    });
    const file = join(temporaryFolder(), 'orz.config.json');
    writeFileSync(file, text('orz.config.json'));
    const { resolved } = await gatherConfig({ config: file }, process.cwd());
    expect({ ...resolved.config, engine: spec.config.engine }).toEqual(spec.config);
    expect(resolved.config.engine).toMatchObject({
      server: 'skyrl-fsdp',
      startedWith: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 },
      dataParallel: spec.plan.gpus,
      criticScale: 64,
    });
  });
});

describe('the backend configuration', () => {
  it('follows the configuration, and the limit of the critic is divided by 64', async () => {
    const set = [
      'optimizer.beta2=0.99',
      'optimizer.weightDecay=0.1',
      'maxGradNorm=0.5',
      'valueLoss.valueClipEps=0.3',
      'maxResponseTokens=4000',
      'seed=7',
    ];
    const generated = await generate({ preset: ['orz-7b'], set });
    expect(settingsOf(generated)).toMatchObject({
      'trainer.seed': 7,
      'trainer.policy.optimizer_config.adam_betas': [0.9, 0.99],
      'trainer.critic.optimizer_config.adam_betas': [0.9, 0.99],
      'trainer.policy.optimizer_config.weight_decay': 0.1,
      'trainer.policy.optimizer_config.max_grad_norm': 0.5,
      'trainer.critic.optimizer_config.max_grad_norm': 0.5 / 64,
      'trainer.algorithm.temperature': 1,
      'trainer.algorithm.value_clip': 0.3,
      'trainer.micro_train_batch_size_per_gpu': 1,
      'generator.inference_engine.engine_init_kwargs.max_model_len': 3072 + 4000,
    });
  });
});

describe('a scale of the critic that the configuration states', () => {
  it('counts on both sides', async () => {
    const set = ['engine.type=tinker', `engine.url=${url}`, 'engine.criticScale=128'];
    const generated = await generate({ preset: ['orz-7b'], set });
    expect(settingsOf(generated)['trainer.critic.optimizer_config.max_grad_norm']).toBe(1 / 128);
    expect(JSON.parse(generated.text('orz.config.json'))).toMatchObject({ engine: { criticScale: 128 } });
  });
});

describe('flags and settings of the user', () => {
  it('choose shape and price', async () => {
    const { spec, text } = await generate({ preset: ['orz-7b'] }, { nodes: '2', gpusPerNode: '4', price: '1.5' });
    expect(spec.plan).toMatchObject({ nodes: 2, gpusPerNode: 4, gpus: 8 });
    expect(text('README.md')).toContain('at $1.50 each');
    expect(text('slurm.sbatch')).toMatch(/--nodes=2\n.*\n#SBATCH --gpus-per-node=4\n/);
  });

  it.each([
    ['0', { nodes: '0' }],
    ['x', { gpusPerNode: 'x' }],
    ['-1', { price: '-1' }],
  ])('that are no numbers above 0 are refused: %s', async (value, shape) => {
    await expect(generate({ preset: ['orz-7b'] }, shape)).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { value },
    });
  });

  it('are in the configuration of the client, whatever layer they come from', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'own.json');
    writeFileSync(file, JSON.stringify({ preset: 'orz-7b', iterations: 10, model: { path: 'me/my model' } }));
    const flags = { config: file, set: ['policyLearningRate=2e-6'] };
    await expect(generate(flags)).rejects.toMatchObject({ code: expect.stringMatching(/^ORZ_/) });
    const gathered = await gatherConfig(flags, process.cwd());
    const { clientConfig } = await import('../../../cli/cluster/client-config.js');
    expect(JSON.parse(clientConfig(gathered, made.get('orz-7b')!.spec).text)).toEqual({
      preset: ['orz-7b'],
      iterations: 10,
      model: { path: 'me/my model' },
      policyLearningRate: 2e-6,
      engine: expect.objectContaining({ type: 'tinker', url }),
    });
  });

  it('cannot put a command into a script', async () => {
    const { environmentFile } = await import('../../../cli/cluster/environment.js');
    const { spec } = made.get('orz-7b')!;
    const hostile = `a'; echo hacked; echo "$(id)`;
    const { text } = environmentFile({ ...spec, model: hostile });
    const { stdout } = spawnSync('bash', ['-c', `${text}\nprintf %s "$model"`], { encoding: 'utf8' });
    expect(stdout).toBe(hostile);
  });
});

describe('what SkyRL cannot serve is refused by name', () => {
  it.each([
    [['orz-1.5b'], [], /tied embeddings/],
    [['orz-7b'], ['optimizer.epsilon=1e-6'], /optimizer\.epsilon 0\.000001/],
    [['orz-7b', 'kl-loss'], [], /no reference model/],
    [['orz-7b'], ['model.revision=old'], /model\.revision/],
    [['orz-7b'], ['maxResponseTokens=200000', 'packedRowTokens=300000'], /131072 positions/],
    [['orz-7b'], ['temperature=0.9'], /temperature 0\.9/],
    [['orz-7b'], ['lora.rank=8'], /lora\.rank/],
    [['orz-tiny'], [], /model\.type arithmetic-base/],
  ])('%s %s', async (preset, set, message) => {
    await expect(generate({ preset, set })).rejects.toMatchObject({
      code: 'ORZ_CAPABILITY',
      message: expect.stringMatching(message),
    });
  });
});
