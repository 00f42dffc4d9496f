import type { Plugin } from '../core/plugin/define.js';
import type { LazyPlugin } from '../core/plugin/registry.js';

type PluginModule = Promise<{ readonly default: Plugin }>;

function lazy(name: string, slots: LazyPlugin['slots'], load: () => PluginModule): LazyPlugin {
  return { name, slots, load: async () => (await load()).default };
}

/**
 * The plugins that come with the package. Each is imported only when one of its types is chosen, so that no run loads a
 * device it does not use.
 */
export const builtinPlugins: readonly LazyPlugin[] = [
  lazy('advantage-gae', { advantage: ['gae'] }, () => import('../plugins/advantage-gae/plugin.js')),
  lazy('advantage-group', { advantage: ['group'] }, () => import('../plugins/advantage-group/plugin.js')),
  lazy('advantage-reinforce', { advantage: ['reinforce'] }, () => import('../plugins/advantage-reinforce/plugin.js')),
  lazy('advantage-remax', { advantage: ['remax'] }, () => import('../plugins/advantage-remax/plugin.js')),
  lazy('advantage-rloo', { advantage: ['rloo'] }, () => import('../plugins/advantage-rloo/plugin.js')),
  lazy('backend-onnx', { backend: ['onnx'] }, () => import('../plugins/backend-onnx/plugin.js')),
  lazy('backend-reference', { backend: ['reference'] }, () => import('../plugins/backend-reference/plugin.js')),
  lazy('backend-webgpu', { backend: ['webgpu'] }, () => import('../plugins/backend-webgpu/plugin.js')),
  lazy(
    'benchmarks',
    { benchmark: ['math500', 'aime2024', 'aime2025', 'gpqa-diamond', 'gsm8k', 'mmlu', 'mmlu-pro', 'file'] },
    () => import('../plugins/benchmarks/plugin.js'),
  ),
  lazy('data-files', { data: ['files'] }, () => import('../plugins/data-files/plugin.js')),
  lazy('engine-local', { engine: ['local'] }, () => import('../plugins/engine-local/plugin.js')),
  lazy('engine-tinker', { engine: ['tinker'] }, () => import('../plugins/engine-tinker/plugin.js')),
  lazy('entropy', { entropy: ['bonus', 'adaptive'] }, () => import('../plugins/entropy/plugin.js')),
  lazy('group-filter', { groupFilter: ['signal'] }, () => import('../plugins/group-filter/plugin.js')),
  lazy(
    'environment-calculator',
    { environment: ['calculator'] },
    () => import('../plugins/environment-calculator/plugin.js'),
  ),
  lazy('huggingface', { model: ['huggingface'] }, () => import('../plugins/huggingface/plugin.js')),
  lazy('kl', { kl: ['none', 'loss', 'penalty'] }, () => import('../plugins/kl/plugin.js')),
  lazy('loss-cispo', { policyLoss: ['cispo'] }, () => import('../plugins/loss-cispo/plugin.js')),
  lazy('loss-gspo', { policyLoss: ['gspo'] }, () => import('../plugins/loss-gspo/plugin.js')),
  lazy('loss-ppo', { policyLoss: ['ppo-clip'] }, () => import('../plugins/loss-ppo/plugin.js')),
  lazy('loss-value', { valueLoss: ['value'] }, () => import('../plugins/loss-value/plugin.js')),
  lazy('metrics-jsonl', { metrics: ['jsonl'] }, () => import('../plugins/metrics-jsonl/plugin.js')),
  lazy('metrics-prometheus', { metrics: ['prometheus'] }, () => import('../plugins/metrics-prometheus/plugin.js')),
  lazy('metrics-rollouts', { metrics: ['rollouts'] }, () => import('../plugins/metrics-rollouts/plugin.js')),
  lazy('metrics-tensorboard', { metrics: ['tensorboard'] }, () => import('../plugins/metrics-tensorboard/plugin.js')),
  lazy('metrics-wandb', { metrics: ['wandb'] }, () => import('../plugins/metrics-wandb/plugin.js')),
  lazy('metrics-webhook', { metrics: ['webhook'] }, () => import('../plugins/metrics-webhook/plugin.js')),
  lazy(
    'model-arithmetic-base',
    { model: ['arithmetic-base', 'chain-base'] },
    () => import('../plugins/task-arithmetic/model-plugin.js'),
  ),
  lazy('optimizer-adamw', { optimizer: ['adamw'] }, () => import('../plugins/optimizer-adamw/plugin.js')),
  lazy('reward-letter', { reward: ['letter'] }, () => import('../plugins/reward-letter/plugin.js')),
  lazy('reward-math', { reward: ['math'] }, () => import('../plugins/reward-math/plugin.js')),
  lazy(
    'reward-shaping',
    { rewardShaping: ['overlong-penalty', 'overlong-filter'] },
    () => import('../plugins/reward-shaping/plugin.js'),
  ),
  lazy(
    'sampler-correction',
    { samplerCorrection: ['token', 'sequence'] },
    () => import('../plugins/sampler-correction/plugin.js'),
  ),
  lazy('sampler-engine', { sampler: ['engine'] }, () => import('../plugins/sampler-engine/plugin.js')),
  lazy('task-arithmetic', { data: ['arithmetic', 'chain'] }, () => import('../plugins/task-arithmetic/plugin.js')),
  lazy('template-chat', { template: ['chat'] }, () => import('../plugins/template-chat/plugin.js')),
  lazy('template-orz', { template: ['orz'] }, () => import('../plugins/template-orz/plugin.js')),
];
