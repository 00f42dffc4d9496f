import type { Rule, Source } from './contracts.js';
import {
  atLeastZero,
  counted,
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

const actor = 'actor_rollout_ref.actor';
const rollout = 'actor_rollout_ref.rollout';

/** verl counts prompts in a mini-batch and takes all their responses. */
const updates =
  (path: 'policyUpdateSteps' | 'criticUpdateSteps'): Rule =>
  (value, values, key) => {
    if (path === 'criticUpdateSteps' && values.get('algorithm.adv_estimator') !== 'gae')
      return none('no critic with this advantage')(value, values, key);
    const { steps, text } = updatesOf(numberOf(values, 'data.train_batch_size'), numberOf(values, key));
    // Where the file has none for the critic, it is that of the policy.
    const both = values.get('algorithm.adv_estimator') === 'gae' && !values.has('critic.ppo_mini_batch_size');
    return outcome({ [path]: steps, ...(both && { criticUpdateSteps: steps }) }, text);
  };

const advantage: Rule = (value, values) => {
  if (value === 'gae') return outcome({ 'advantage.type': 'gae', whitenAdvantages: true });
  const group = { 'advantage.type': 'group', ...withoutCritic };
  if (value === 'grpo')
    return outcome({ ...group, 'advantage.divideByStd': values.get('algorithm.norm_adv_by_std_in_grpo') !== false });
  if (value === 'rloo') return outcome({ ...leaveOneOut, ...withoutCritic });
  if (value === 'remax') return outcome({ 'advantage.type': 'remax', ...withoutCritic });
  if (value === 'reinforce_plus_plus') return outcome(whitenedReinforce);
  // Whitening removes what the mean of all samples differs by from that of the others, a factor.
  if (value === 'reinforce_plus_plus_baseline') return outcome({ ...whitenedReinforce, ...leaveOneOut });
  return none('no such estimator here; a plugin can add it')(value, values, '');
};

const estimators: Readonly<Record<string, string>> = {
  kl: 'k1',
  k1: 'k1',
  mse: 'k2',
  k2: 'k2',
  low_var_kl: 'k3',
  k3: 'k3',
};

const term =
  (type: 'loss' | 'penalty', keys: { readonly coefficient: string; readonly estimator: string }): Rule =>
  (value, values) => {
    if (value !== true) return type === 'loss' ? outcome({ 'kl.type': 'none' }) : { kind: 'same', text: 'off' };
    const both = type === 'penalty' && values.get(`${actor}.use_kl_loss`) === true;
    if (both) return none('one KL term here, and the loss has it')(value, values, '');
    const named = String(values.get(keys.estimator));
    const estimator = estimators[named];
    const settings = { 'kl.type': type, 'kl.coefficient': numberOf(values, keys.coefficient) };
    return estimator === undefined
      ? outcome(settings, `no estimator ${named} here`)
      : outcome({ ...settings, 'kl.estimator': estimator });
  };

const aggregation: Rule = (value, values) => {
  if (value === 'token-mean') return outcome({ lossAggregation: 'token-mean' }, 'verl averages over each mini-batch');
  if (value === 'seq-mean-token-mean') return outcome({ lossAggregation: 'sequence-mean' });
  return none('no such average here; see lossAggregation')(value, values, '');
};

const betas: Rule = (value) => {
  const [beta1, beta2] = Array.isArray(value) ? (value as unknown[]) : [];
  return outcome({ 'optimizer.beta1': beta1, 'optimizer.beta2': beta2 });
};

/** One optimizer for policy and critic. */
const likeActor =
  (key: string): Rule =>
  (value, values) =>
    JSON.stringify(value) === JSON.stringify(values.get(`${actor}.${key}`))
      ? { kind: 'same', text: 'as for the policy' }
      : none('policy and critic share this setting here')(value, values, '');

const files =
  (path: string): Rule =>
  (value) => {
    const paths = (Array.isArray(value) ? value : [value]).map((each) => ({ path: each as unknown }));
    const own = 'the prompt of a file of verl is a dialogue; see docs/data.md for what is read';
    return outcome({ 'data.type': 'files', [path]: path === 'data.train' ? paths : paths[0] }, own);
  };

const clip: Rule = (value, values, key) =>
  value === values.get(`${actor}.clip_ratio`)
    ? { kind: 'same', text: 'as for the policy' }
    : number(key.endsWith('low') ? 'policyLoss.clipEps' : 'policyLoss.clipEpsHigh')(value, values, key);

/** `main_ppo` of verl: its YAML, or overrides in a script. */
export const verl: Source = {
  name: 'verl 0.9',
  defaults: {
    'data.train_batch_size': 1024,
    'data.max_prompt_length': 512,
    'data.max_response_length': 512,
    'algorithm.adv_estimator': 'gae',
    'algorithm.gamma': 1,
    'algorithm.lam': 1,
    'algorithm.use_kl_in_reward': false,
    'algorithm.kl_penalty': 'kl',
    'algorithm.kl_ctrl.kl_coef': 0.001,
    [`${rollout}.n`]: 1,
    [`${rollout}.temperature`]: 1,
    [`${rollout}.top_p`]: 1,
    [`${rollout}.top_k`]: -1,
    [`${actor}.ppo_mini_batch_size`]: 256,
    [`${actor}.ppo_epochs`]: 1,
    [`${actor}.clip_ratio`]: 0.2,
    [`${actor}.clip_ratio_c`]: 3,
    [`${actor}.loss_agg_mode`]: 'token-mean',
    [`${actor}.use_kl_loss`]: false,
    [`${actor}.kl_loss_coef`]: 0.001,
    [`${actor}.kl_loss_type`]: 'low_var_kl',
    [`${actor}.grad_clip`]: 1,
    [`${actor}.optim.lr`]: 1e-6,
    [`${actor}.optim.lr_warmup_steps`]: 0,
    [`${actor}.optim.weight_decay`]: 0.01,
    [`${actor}.optim.betas`]: [0.9, 0.999],
    'critic.optim.lr': 1e-5,
    'critic.optim.lr_warmup_steps': 0,
    'critic.cliprange_value': 0.5,
  },
  rules: {
    'data.train_files': files('data.train'),
    'data.val_files': files('data.evaluation.held'),
    'data.train_batch_size': number('rolloutBatchSize'),
    'data.max_prompt_length': number('maxPromptTokens'),
    'data.max_response_length': number('maxResponseTokens'),
    'data.truncation': none('dataFilters.promptTooLong decides here'),
    'data.filter_overlong_prompts': none('dataFilters.promptTooLong decides here'),
    'data.shuffle': offOnly([true], 'problems are always shuffled here'),
    'data.seed': number('seed'),
    'algorithm.adv_estimator': advantage,
    'algorithm.norm_adv_by_std_in_grpo': counted('advantage'),
    'algorithm.gamma': gamma('algorithm.adv_estimator', ['reinforce_plus_plus']),
    'algorithm.lam': ofGae('algorithm.adv_estimator', 'advantage.lambda'),
    'algorithm.use_kl_in_reward': term('penalty', {
      coefficient: 'algorithm.kl_ctrl.kl_coef',
      estimator: 'algorithm.kl_penalty',
    }),
    'algorithm.kl_penalty': counted('kl'),
    'algorithm.kl_ctrl.kl_coef': counted('kl'),
    'algorithm.kl_ctrl.type': offOnly(['fixed'], 'the coefficient is fixed here'),
    'actor_rollout_ref.model.path': (value) => outcome({ 'model.type': 'huggingface', 'model.path': value }),
    'actor_rollout_ref.model.lora_rank': number('lora.rank'),
    'actor_rollout_ref.model.lora_alpha': number('lora.alpha'),
    [`${rollout}.n`]: number('samplesPerPrompt'),
    [`${rollout}.temperature`]: number('temperature'),
    [`${rollout}.top_p`]: number('topP'),
    [`${rollout}.top_k`]: atLeastZero('topK'),
    [`${rollout}.val_kwargs.n`]: number('evaluation.samples'),
    [`${rollout}.val_kwargs.temperature`]: number('evaluation.temperature'),
    [`${actor}.ppo_mini_batch_size`]: updates('policyUpdateSteps'),
    [`${actor}.ppo_epochs`]: number('policyEpochs'),
    [`${actor}.clip_ratio`]: number('policyLoss.clipEps'),
    [`${actor}.clip_ratio_low`]: clip,
    [`${actor}.clip_ratio_high`]: clip,
    [`${actor}.clip_ratio_c`]: number('policyLoss.dualClip'),
    [`${actor}.loss_agg_mode`]: aggregation,
    [`${actor}.use_kl_loss`]: term('loss', {
      coefficient: `${actor}.kl_loss_coef`,
      estimator: `${actor}.kl_loss_type`,
    }),
    [`${actor}.kl_loss_coef`]: counted('kl'),
    [`${actor}.kl_loss_type`]: counted('kl'),
    [`${actor}.entropy_coeff`]: entropyBonus,
    [`${actor}.policy_loss.loss_mode`]: policyLoss('vanilla'),
    [`${actor}.grad_clip`]: number('maxGradNorm'),
    [`${actor}.optim.lr`]: number('policyLearningRate'),
    [`${actor}.optim.lr_warmup_steps`]: atLeastZero('policyWarmupSteps'),
    [`${actor}.optim.lr_warmup_steps_ratio`]: offOnly([0], 'give a number of steps: policyWarmupSteps'),
    [`${actor}.optim.lr_scheduler_type`]: schedule(['constant']),
    [`${actor}.optim.weight_decay`]: number('optimizer.weightDecay'),
    [`${actor}.optim.betas`]: betas,
    'critic.ppo_mini_batch_size': updates('criticUpdateSteps'),
    'critic.ppo_epochs': number('criticEpochs'),
    'critic.model.path': none('the critic starts from the model of the policy'),
    'critic.optim.lr': number('criticLearningRate'),
    'critic.optim.lr_warmup_steps': atLeastZero('criticWarmupSteps'),
    'critic.optim.weight_decay': likeActor('optim.weight_decay'),
    'critic.optim.betas': likeActor('optim.betas'),
    'critic.grad_clip': likeActor('grad_clip'),
    'critic.cliprange_value': number('valueLoss.valueClipEps'),
    'trainer.total_training_steps': number('iterations'),
    'trainer.total_epochs': none('set iterations: one takes rolloutBatchSize prompts'),
    'trainer.critic_warmup': number('criticOnlyIterations'),
    'trainer.save_freq': (value, values, key) =>
      numberOf(values, key) > 0
        ? number('checkpoint.every')(value, values, key)
        : none('checkpoints are always saved')(value, values, key),
    'trainer.test_freq': atLeastZero('evaluation.every'),
  },
  unneeded: [
    /^trainer\.logger/,
    /^trainer\.project_name/,
    /^trainer\.experiment_name/,
    /^trainer\.nnodes/,
    /^trainer\.n_gpus_per_node/,
    /^trainer\.default_/,
    /^trainer\.device/,
    /^trainer\.resume/,
    /^trainer\.val_/,
    /^trainer\.log_/,
    /^trainer\.balance/,
    /^trainer\.rollout_data/,
    /^trainer\.validation_data/,
    /^trainer\.max_/,
    /^trainer\.use_v1/,
    /^trainer\.v1/,
    /micro_batch_size/,
    /fsdp/,
    /megatron/,
    /param_offload/,
    /optimizer_offload/,
    /\.profiler/,
    /gpu_memory_utilization/,
    /tensor_model_parallel/,
    /use_remove_padding/,
    /gradient_checkpointing/,
    /use_dynamic_bsz/,
    /max_token_len/,
    /^ray/,
    /rollout\.name/,
    /rollout\.mode/,
    /rollout\.enforce_eager/,
    /rollout\.free_cache/,
    /rollout\.load_format/,
    /rollout\.max_num/,
    /rollout\.enable_/,
    /rollout\.log_prob/,
    /rollout\.dtype/,
    /rollout\.agent/,
    /ulysses/,
    /use_torch_compile/,
    /\.ref\./,
    /return_raw_chat/,
    /use_shm/,
    /trust_remote_code/,
    /dataloader/,
    /\.strategy$/,
    /_workers$/,
  ],
};
