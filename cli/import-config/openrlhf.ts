import type { Rule, Source } from './contracts.js';
import {
  atLeastZero,
  counted,
  differs,
  entropyBonus,
  gamma,
  leaveOneOut,
  none,
  number,
  numberOf,
  offOnly,
  ofGae,
  outcome,
  policyLoss,
  schedule,
  updatesOf,
  whitenedReinforce,
  withoutCritic,
} from './rules.js';

/** A batch of OpenRLHF counts responses. */
const updates: Rule = (_, values, key) => {
  const responses = numberOf(values, 'rollout.batch_size') * numberOf(values, 'rollout.n_samples_per_prompt');
  const { steps, text } = updatesOf(responses, numberOf(values, key));
  const hasCritic = values.get('algo.advantage.estimator') === 'gae';
  return outcome({ policyUpdateSteps: steps, ...(hasCritic && { criticUpdateSteps: steps }) }, text);
};

const advantage: Rule = (value, values) => {
  const divides = values.get('algo.advantage.no_std_norm') !== true;
  if (value === 'gae') return outcome({ 'advantage.type': 'gae', whitenAdvantages: true });
  if (value === 'group_norm' || value === 'dr_grpo')
    return outcome({
      'advantage.type': 'group',
      'advantage.divideByStd': value === 'group_norm' && divides,
      ...withoutCritic,
    });
  if (value === 'reinforce') return outcome(whitenedReinforce);
  // Whitening removes what the mean of all samples differs by from that of the others, a factor.
  if (value === 'rloo' || value === 'reinforce_baseline') return outcome({ ...whitenedReinforce, ...leaveOneOut });
  return none('no such estimator here; a plugin can add it')(value, values, '');
};

const kl: Rule = (_, values, key) => {
  const coefficient = numberOf(values, key);
  if (coefficient === 0) return outcome({ 'kl.type': 'none' });
  const type = values.get('algo.kl.use_loss') === true ? 'loss' : 'penalty';
  return outcome({ 'kl.type': type, 'kl.coefficient': coefficient, 'kl.estimator': values.get('algo.kl.estimator') });
};

const optimizer: Rule = (value, values, key) =>
  value === 'adam' ? outcome({ 'optimizer.type': 'adamw' }) : none('no such optimizer here')(value, values, key);

const betas: Rule = (value) => {
  const [beta1, beta2] = Array.isArray(value) ? (value as unknown[]) : [];
  return outcome({ 'optimizer.beta1': beta1, 'optimizer.beta2': beta2 });
};

const averages: Readonly<Record<string, string>> = {
  'token-mean': 'token-mean',
  'seq-mean-token-mean': 'sequence-mean',
};

/** One optimizer for policy and critic. */
const likeActor = none('policy and critic share this setting here: the policy’s counts');

const warmupRatio = offOnly([0], 'a share of all steps; give a number: policyWarmupSteps and criticWarmupSteps');

const dataset =
  (path: string): Rule =>
  (value) =>
    outcome(
      { 'data.type': 'files', [path]: path === 'data.train' ? [{ path: value }] : { path: value } },
      'a file or folder here; { hub: NAME } for a data set of the hub (docs/data.md)',
    );

/** `train_ppo_ray` of OpenRLHF: its flags, those of before 0.10 too. */
export const openrlhf: Source = {
  name: 'OpenRLHF 0.11',
  aliases: {
    pretrain: 'actor.model_name_or_path',
    critic_pretrain: 'critic.model_name_or_path',
    remote_rm_url: 'reward.remote_url',
    rollout_batch_size: 'rollout.batch_size',
    micro_rollout_batch_size: 'rollout.micro_batch_size',
    n_samples_per_prompt: 'rollout.n_samples_per_prompt',
    train_batch_size: 'train.batch_size',
    micro_train_batch_size: 'train.micro_batch_size',
    max_epochs: 'train.max_epochs',
    num_episodes: 'train.num_episodes',
    prompt_data: 'data.prompt_dataset',
    input_key: 'data.input_key',
    label_key: 'data.label_key',
    apply_chat_template: 'data.apply_chat_template',
    prompt_max_len: 'data.prompt_max_len',
    generate_max_len: 'rollout.max_new_tokens',
    max_samples: 'data.max_samples',
    advantage_estimator: 'algo.advantage.estimator',
    gamma: 'algo.advantage.gamma',
    lambd: 'algo.advantage.lambd',
    init_kl_coef: 'algo.kl.init_coef',
    use_kl_loss: 'algo.kl.use_loss',
    kl_estimator: 'algo.kl.estimator',
    eps_clip: 'actor.eps_clip',
    eps_clip_low_high: 'actor.eps_clip_low_high',
    value_clip: 'critic.value_clip',
    actor_learning_rate: 'actor.adam.lr',
    critic_learning_rate: 'critic.adam.lr',
    adam_betas: 'actor.adam.betas',
    l2: 'actor.adam.weight_decay',
    max_norm: 'actor.max_norm',
    temperature: 'rollout.temperature',
    top_p: 'rollout.top_p',
    seed: 'train.seed',
    save_path: 'ckpt.output_dir',
    zero_stage: 'ds.zero_stage',
  },
  defaults: {
    'rollout.batch_size': 1024,
    'rollout.n_samples_per_prompt': 1,
    'rollout.temperature': 1,
    'rollout.top_p': 1,
    'train.batch_size': 128,
    'train.max_epochs': 1,
    'algo.advantage.estimator': 'gae',
    'algo.advantage.gamma': 1,
    'algo.advantage.lambd': 1,
    'algo.kl.init_coef': 0.01,
    'algo.kl.estimator': 'k1',
    'actor.eps_clip': 0.2,
    'actor.loss_agg_mode': 'token-mean',
    'actor.adam.lr': 1e-6,
    'actor.adam.betas': [0.9, 0.95],
    'actor.adam.weight_decay': 0,
    'actor.lr_scheduler': 'cosine_with_min_lr',
    'actor.lr_warmup_ratio': 0.03,
    'actor.max_norm': 1,
    'critic.adam.lr': 9e-6,
    'critic.value_clip': 0.5,
  },
  rules: {
    'actor.model_name_or_path': (value) => outcome({ 'model.type': 'huggingface', 'model.path': value }),
    'critic.model_name_or_path': none('the critic starts from the model of the policy'),
    'reward.model_name_or_path': none('no reward models here; a reward is a plugin: docs/plugins.md'),
    'reward.remote_url': none('a reward is a plugin: docs/plugins.md; the default is math'),
    'data.prompt_dataset': dataset('data.train'),
    'eval.dataset': dataset('data.evaluation.held'),
    'data.input_key': none('a field of a source of data: docs/data.md'),
    'data.label_key': none('a field of a source of data: docs/data.md'),
    'data.apply_chat_template': (value) =>
      outcome(
        value === true ? { 'template.type': 'chat', 'reward.extraction': 'anywhere' } : {},
        'its instruction is template.instruction',
      ),
    'data.prompt_max_len': differs('maxPromptTokens', 'here dataFilters.promptTooLong decides about longer prompts'),
    'data.max_len': none('one limit for prompt and response; here two: maxPromptTokens and maxResponseTokens'),
    'rollout.max_new_tokens': number('maxResponseTokens'),
    'rollout.batch_size': number('rolloutBatchSize'),
    'rollout.n_samples_per_prompt': number('samplesPerPrompt'),
    'rollout.temperature': number('temperature'),
    'rollout.top_p': number('topP'),
    'train.batch_size': updates,
    'train.max_epochs': number('policyEpochs'),
    'train.num_episodes': none('set iterations: one takes rolloutBatchSize prompts'),
    'train.seed': number('seed'),
    'algo.advantage.estimator': advantage,
    'algo.advantage.gamma': gamma('algo.advantage.estimator', ['reinforce', 'reinforce_baseline', 'rloo']),
    'algo.advantage.lambd': ofGae('algo.advantage.estimator', 'advantage.lambda'),
    'algo.advantage.no_std_norm': counted('advantage'),
    'algo.advantage.is_correction_level': offOnly(['off'], 'choose it by hand: samplerCorrection=token or sequence'),
    'algo.kl.init_coef': kl,
    'algo.kl.use_loss': counted('kl'),
    'algo.kl.estimator': counted('kl'),
    'algo.kl.target': none('the coefficient is fixed here'),
    'algo.dynamic_filtering_enable': (value) =>
      value === true
        ? outcome({ 'groupFilter.type': 'signal' }, 'keeps groups whose rewards differ, whatever their range')
        : { kind: 'same', text: 'off here as well' },
    'actor.eps_clip': number('policyLoss.clipEps'),
    'actor.eps_clip_low_high': none('two numbers here: policyLoss.clipEps and policyLoss.clipEpsHigh'),
    'actor.dual_clip': number('policyLoss.dualClip'),
    'actor.policy_loss_type': policyLoss('ppo'),
    'actor.loss_agg_mode': (value) => outcome({ lossAggregation: averages[String(value)] }),
    'actor.entropy_coef': entropyBonus,
    'actor.optim': optimizer,
    'actor.adam.lr': number('policyLearningRate'),
    'actor.adam.betas': betas,
    'actor.adam.eps': number('optimizer.epsilon'),
    'actor.adam.weight_decay': number('optimizer.weightDecay'),
    'actor.lr_scheduler': schedule(['constant', 'constant_with_warmup']),
    'actor.lr_warmup_ratio': warmupRatio,
    'actor.max_norm': number('maxGradNorm'),
    'critic.adam.lr': number('criticLearningRate'),
    'critic.adam.betas': likeActor,
    'critic.adam.weight_decay': likeActor,
    'critic.max_norm': likeActor,
    'critic.lr_scheduler': schedule(['constant', 'constant_with_warmup']),
    'critic.lr_warmup_ratio': warmupRatio,
    'critic.value_clip': number('valueLoss.valueClipEps'),
    'critic.freezing_steps': atLeastZero('criticOnlyIterations'),
    'reward.normalize_enable': offOnly([false], 'rewards are used as they are'),
    'ds.lora.rank': number('lora.rank'),
    'ds.lora.alpha': number('lora.alpha'),
    'eval.temperature': number('evaluation.temperature'),
    'eval.n_samples_per_prompt': number('evaluation.samples'),
  },
  unneeded: [
    /^ds\./,
    /^vllm\./,
    /^logger\./,
    /^ckpt\./,
    /^ref\./,
    /^train\.colocate/,
    /^(?:actor|critic|reward)\.num_/,
    /micro_batch_size$/,
    /gradient_checkpointing/,
    /^local_rank/,
    /^working_dir/,
    /^address/,
    /^runtime-env-json/,
    /^use_wandb/,
    /^wandb_/,
    /^logging_/,
    /^bf16/,
    /^flash_attn/,
    /^packing_samples/,
    /^vllm_/,
    /^colocate_/,
    /^(?:actor|critic|ref|reward)_num_/,
    /^adam_offload/,
    /^enforce_eager/,
    /^save_/,
    /^ckpt_/,
    /^eval_steps/,
    /^load_checkpoint/,
    /^use_tensorboard/,
  ],
};
