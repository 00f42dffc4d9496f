import type { Rule, Source, Values } from './contracts.js';
import {
  counted,
  differs,
  entropyBonus,
  none,
  number,
  numberOf,
  offOnly,
  outcome,
  same,
  schedule,
  updatesOf,
  withoutCritic,
} from './rules.js';

const orDefault = (values: Values, key: string, other: number): number =>
  typeof values.get(key) === 'number' ? numberOf(values, key) : other;

/** TRL counts responses, per process; only files of accelerate know the number of processes. */
const batch: Rule = (_, values) => {
  const accumulated = numberOf(values, 'gradient_accumulation_steps');
  const processes = orDefault(values, 'num_processes', 1);
  const perStep = numberOf(values, 'per_device_train_batch_size') * accumulated * processes;
  const perGeneration = orDefault(values, 'steps_per_generation', accumulated) / accumulated;
  const responses = orDefault(values, 'generation_batch_size', perStep * perGeneration);
  const { steps, text } = updatesOf(responses, perStep);
  const prompts = responses / numberOf(values, 'num_generations');
  return outcome(
    { rolloutBatchSize: Math.max(1, Math.round(prompts)), policyUpdateSteps: steps },
    [
      `TRL counts responses per process: ${responses} with ${processes} of them are ${prompts} prompts`,
      ...(values.has('num_processes') ? [] : ['with N processes, multiply rolloutBatchSize by N']),
      ...(text === undefined ? [] : [text]),
    ].join('; '),
  );
};

const advantage: Rule = (value) => {
  const divides = value === true || value === 'group' || value === 'batch';
  const settings = { 'advantage.type': 'group', 'advantage.divideByStd': divides, ...withoutCritic };
  return outcome(
    settings,
    value === 'batch' ? 'TRL divides by that of the batch, this project by that of the group' : undefined,
  );
};

const averages: Readonly<Record<string, string>> = { grpo: 'sequence-mean', dapo: 'token-mean', bnpo: 'token-mean' };

const lossType: Rule = (value) => {
  const lossAggregation = averages[String(value)];
  if (lossAggregation !== undefined)
    return outcome({ lossAggregation }, value === 'bnpo' ? 'TRL averages over each micro-batch' : undefined);
  if (value === 'dr_grpo') return outcome({ lossAggregation: 'constant-length' });
  if (value === 'cispo')
    return none('choose it by hand: policyLoss=cispo, whose maxRatio is epsilon_high')(value, new Map(), 'loss_type');
  return none('no such loss here; a plugin can add it')(value, new Map(), 'loss_type');
};

const kl: Rule = (_, values, key) =>
  numberOf(values, key) === 0
    ? outcome({ 'kl.type': 'none' })
    : outcome({ 'kl.type': 'loss', 'kl.coefficient': numberOf(values, key), 'kl.estimator': 'k3' });

/** TRL counts optimizer steps, this project iterations. */
const steps: Rule = (value, values, key) => {
  if (numberOf(values, key) <= 0) return none('no limit: set iterations')(value, values, key);
  const { settings = {} } = batch(undefined, values, '');
  const perIteration = Number(settings['policyUpdateSteps']);
  return outcome(
    { iterations: Math.max(1, Math.round(numberOf(values, key) / perIteration)) },
    `TRL counts optimizer steps, of which an iteration has ${perIteration}`,
  );
};

const highClip: Rule = (value, values) =>
  value === values.get('epsilon')
    ? counted('policyLoss.clipEps')(value, values, '')
    : number('policyLoss.clipEpsHigh')(value, values, 'epsilon_high');

/** GRPOConfig of TRL. TRL 1.16 has no PPOConfig; settings that only that one had are listed as unknown. */
export const trl: Source = {
  name: 'TRL 1.16 (GRPOConfig)',
  defaults: {
    num_generations: 8,
    per_device_train_batch_size: 8,
    gradient_accumulation_steps: 1,
    max_completion_length: 512,
    temperature: 1,
    top_p: 1,
    top_k: 0,
    beta: 0,
    epsilon: 0.2,
    num_iterations: 1,
    scale_rewards: 'group',
    loss_type: 'dapo',
    learning_rate: 1e-6,
    lr_scheduler_type: 'linear',
    warmup_steps: 0,
    weight_decay: 0,
    adam_beta1: 0.9,
    adam_beta2: 0.999,
    max_grad_norm: 1,
  },
  rules: {
    model_name_or_path: (value) => outcome({ 'model.type': 'huggingface', 'model.path': value }),
    model_revision: same('model.revision'),
    dataset_name: (value) =>
      outcome({ 'data.type': 'files', 'data.train': [{ hub: value }] }, 'see docs/data.md for the fields it must have'),
    seed: number('seed'),
    num_generations: number('samplesPerPrompt'),
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: counted('rolloutBatchSize and policyUpdateSteps'),
    num_processes: counted('rolloutBatchSize'),
    steps_per_generation: counted('policyUpdateSteps'),
    generation_batch_size: counted('rolloutBatchSize'),
    max_prompt_length: differs('maxPromptTokens', 'TRL cuts longer prompts, here dataFilters.promptTooLong decides'),
    max_completion_length: number('maxResponseTokens'),
    temperature: number('temperature'),
    top_p: number('topP'),
    top_k: number('topK'),
    min_p: offOnly([0], 'no min-p sampling here'),
    repetition_penalty: offOnly([1], 'no such penalty here'),
    beta: kl,
    epsilon: number('policyLoss.clipEps'),
    epsilon_high: highClip,
    delta: none('TRL caps the ratio itself; policyLoss.dualClip bounds what a bad response costs'),
    num_iterations: number('policyEpochs'),
    importance_sampling_level: offOnly(['token'], 'choose it by hand: policyLoss=gspo has a ratio per response'),
    scale_rewards: advantage,
    loss_type: lossType,
    mask_truncated_completions: (value) =>
      value === true
        ? outcome({ 'rewardShaping.type': 'overlong-filter' })
        : { kind: 'same', text: 'they count here as well' },
    sync_ref_model: offOnly([false], 'the reference model is the base model'),
    reward_weights: none('one reward here; a reward of your own can add several'),
    reward_funcs: none('a reward is a plugin: docs/plugins.md; the default is math'),
    entropy_coef: entropyBonus,
    top_entropy_quantile: offOnly([1], 'all tokens count here'),
    learning_rate: number('policyLearningRate'),
    lr_scheduler_type: schedule(['constant', 'constant_with_warmup']),
    warmup_steps: number('policyWarmupSteps'),
    warmup_ratio: offOnly([0], 'give a number of steps: policyWarmupSteps'),
    weight_decay: number('optimizer.weightDecay'),
    adam_beta1: number('optimizer.beta1'),
    adam_beta2: number('optimizer.beta2'),
    adam_epsilon: number('optimizer.epsilon'),
    max_grad_norm: number('maxGradNorm'),
    max_steps: steps,
    num_train_epochs: none('set iterations: one takes rolloutBatchSize prompts'),
    use_peft: (value) => (value === true ? outcome({}, 'counted in lora.rank') : outcome({ 'lora.rank': 0 })),
    lora_r: number('lora.rank'),
    lora_alpha: number('lora.alpha'),
  },
  unneeded: [
    /^bf16/,
    /^fp16/,
    /^tf32/,
    /^dtype/,
    /^torch_dtype/,
    /^attn_/,
    /^gradient_checkpointing/,
    /^use_vllm/,
    /^vllm_/,
    /^log/,
    /^logging_/,
    /^report_to/,
    /^run_name/,
    /^output_dir/,
    /^save_/,
    /^push_to_hub/,
    /^hub_/,
    /^dataloader_/,
    /^ddp_/,
    /^deepspeed/,
    /^fsdp/,
    /^disable_tqdm/,
    /^use_liger/,
    /^per_device_eval/,
    /^config_file/,
    /^remove_unused_columns/,
    /^pad_to_multiple/,
    /^ds3_/,
    /^cache_implementation/,
    /^use_transformers/,
    /^trust_remote_code/,
    /^num_completions_to_print/,
    /^overwrite_output_dir/,
  ],
};
