import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import type { Note, Source, Translation } from '../../../cli/import-config/contracts.js';
import { openrlhf } from '../../../cli/import-config/openrlhf.js';
import { readForeign } from '../../../cli/import-config/read.js';
import { translationText } from '../../../cli/import-config/text.js';
import { translate } from '../../../cli/import-config/translate.js';
import { trl } from '../../../cli/import-config/trl.js';
import { verl } from '../../../cli/import-config/verl.js';

const folder = mkdtempSync(join(tmpdir(), 'orz-import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function translated(source: Source, name: string, text: string): Promise<Translation> {
  writeFileSync(join(folder, name), text);
  return translate(source, await readForeign(name, folder));
}

const noteOf = ({ notes }: Translation, key: string): Note | undefined => notes.find((note) => note.key === key);

/** The printed configuration, resolved as that of a run. */
async function resolved(translation: Translation) {
  writeFileSync(join(folder, 'orz.config.yaml'), translationText(translation));
  return (await gatherConfig({ config: 'orz.config.yaml' }, folder)).resolved.config;
}

/** Settings as the recipes of each project have them, reduced to a few lines. */
const examples = {
  trl: `
    model_name_or_path: Qwen/Qwen2.5-1.5B
    dataset_name: open-r1/OpenR1-Math-220k
    bf16: true
    learning_rate: 2.0e-05
    lr_scheduler_type: cosine_with_min_lr
    warmup_ratio: 0.1
    per_device_train_batch_size: 16
    gradient_accumulation_steps: 4
    num_generations: 16
    max_prompt_length: 512
    max_completion_length: 2048
    max_steps: 100
    beta: 0.04
    reward_funcs: [accuracy, format]
    made_up: 1`,
  openrlhf: `
    set -x
    # comment --lambd 0.5
    ray job submit --address="http://127.0.0.1:8265" -- python3 -m openrlhf.cli.train_ppo_ray \\
      --actor.model_name_or_path Qwen/Qwen2.5-7B --rollout.batch_size 128 --rollout.n_samples_per_prompt 8 \\
      --train.batch_size 256 --rollout.max_new_tokens 4096 --data.prompt_dataset data/math.jsonl \\
      --algo.advantage.estimator gae --algo.advantage.lambd 0.95 --algo.kl.init_coef 1e-3 --algo.kl.estimator k3 \\
      --algo.kl.use_loss --actor.adam.lr 5e-7 --actor.adam.betas 0.9 0.95 --ds.zero_stage 3 \\
      --actor.gradient_checkpointing_enable 2>&1 | tee log.txt`,
  verl: `
    MODEL=Qwen/Qwen2.5-7B
    python3 -m verl.trainer.main_ppo \\
      algorithm.adv_estimator=grpo data.train_files="['gsm8k.parquet','math.parquet']" data.train_batch_size=512 \\
      data.max_prompt_length=1024 data.max_response_length=2048 actor_rollout_ref.model.path=$MODEL \\
      actor_rollout_ref.actor.ppo_mini_batch_size=128 actor_rollout_ref.actor.use_kl_loss=True \\
      actor_rollout_ref.actor.kl_loss_coef=0.002 actor_rollout_ref.actor.loss_agg_mode=token-mean \\
      actor_rollout_ref.rollout.n=5 actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \\
      trainer.logger='["console","wandb"]' trainer.total_epochs=15 +made.up=1 $@`,
};

describe('a configuration of TRL', () => {
  it('becomes one of this project', async () => {
    const translation = await translated(trl, 'grpo.yaml', examples.trl);
    expect(await resolved(translation)).toMatchObject({
      model: { type: 'huggingface', path: 'Qwen/Qwen2.5-1.5B' },
      data: { train: [{ hub: 'open-r1/OpenR1-Math-220k' }] },
      rolloutBatchSize: 4, // 16 · 4 responses of 16 per prompt
      samplesPerPrompt: 16,
      policyUpdateSteps: 1,
      criticUpdateSteps: 0,
      iterations: 100,
      maxResponseTokens: 2048,
      policyLearningRate: 2e-5,
      advantage: { type: 'group', divideByStd: true },
      whitenAdvantages: false,
      lossAggregation: 'token-mean',
      kl: { type: 'loss', coefficient: 0.04, estimator: 'k3' },
      optimizer: { beta2: 0.999 },
    });
    expect(noteOf(translation, 'lr_scheduler_type')).toMatchObject({ kind: 'none' });
    expect(noteOf(translation, 'per_device_train_batch_size')).toMatchObject({ kind: 'differs' });
    expect(noteOf(translation, 'made_up')).toMatchObject({ kind: 'none', text: 'not known to this translation' });
    expect(translation.unneeded).toEqual(['bf16']);
  });

  it('divides a generation into the steps that it is trained in', async () => {
    const text = JSON.stringify({ per_device_train_batch_size: 8, steps_per_generation: 4, max_steps: 40 });
    const { settings } = await translated(trl, 'steps.json', text);
    expect(settings).toMatchObject({ rolloutBatchSize: 4, policyUpdateSteps: 4, iterations: 10, 'kl.type': 'none' });
  });
});

describe('a script of OpenRLHF', () => {
  it('becomes a configuration of this project', async () => {
    const translation = await translated(openrlhf, 'run.sh', examples.openrlhf);
    expect(await resolved({ ...translation, settings: { ...translation.settings, iterations: 1 } })).toMatchObject({
      rolloutBatchSize: 128,
      samplesPerPrompt: 8,
      policyUpdateSteps: 4, // 128 · 8 / 256
      criticUpdateSteps: 4,
      advantage: { type: 'gae', gamma: 1, lambda: 0.95 },
      kl: { type: 'loss', coefficient: 1e-3, estimator: 'k3' },
      policyLearningRate: 5e-7,
      criticLearningRate: 9e-6,
      valueLoss: { valueClipEps: 0.5 },
      whitenAdvantages: true,
    });
    expect(noteOf(translation, 'actor.lr_scheduler')).toMatchObject({ kind: 'none', isDefault: true });
    expect(translation.unneeded).toEqual(['address', 'ds.zero_stage', 'actor.gradient_checkpointing_enable']);
  });

  it('may use the names of before 0.10', async () => {
    const text = '--rollout_batch_size 64 --n_samples_per_prompt 4 --advantage_estimator rloo --init_kl_coef 0';
    const { settings } = await translated(openrlhf, 'old.sh', text);
    expect(settings).toMatchObject({
      rolloutBatchSize: 64,
      policyUpdateSteps: 2,
      criticUpdateSteps: 0,
      'advantage.type': 'rloo',
      'kl.type': 'none',
    });
  });
});

describe('a script of verl', () => {
  it('becomes a configuration of this project', async () => {
    const translation = await translated(verl, 'run_verl.sh', examples.verl);
    expect(translation.settings).toMatchObject({
      'data.train': [{ path: 'gsm8k.parquet' }, { path: 'math.parquet' }],
      rolloutBatchSize: 512,
      samplesPerPrompt: 5,
      policyUpdateSteps: 4,
      criticUpdateSteps: 0,
      'advantage.type': 'group',
      'kl.type': 'loss',
      'kl.coefficient': 0.002,
      'kl.estimator': 'k3',
      topK: 0,
    });
    expect(noteOf(translation, 'actor_rollout_ref.model.path')).toMatchObject({ kind: 'none' });
    expect(noteOf(translation, 'made.up')).toMatchObject({ kind: 'none' });
    const settings = { ...translation.settings, iterations: 1, 'model.type': 'huggingface', 'model.path': 'm' };
    expect(await resolved({ ...translation, settings })).toMatchObject({ maxPromptTokens: 1024 });
  });

  it('with GAE trains the critic as often as the policy', async () => {
    const { settings } = await translated(verl, 'ppo.yaml', 'algorithm: { lam: 0.95, use_kl_in_reward: true }');
    expect(settings).toMatchObject({
      policyUpdateSteps: 4,
      criticUpdateSteps: 4,
      'advantage.lambda': 0.95,
      'kl.type': 'penalty',
      'kl.estimator': 'k1',
    });
  });
});

describe('estimators without a critic', () => {
  const trainers = {
    openrlhf: { source: openrlhf, key: 'algo.advantage.estimator', gamma: 'algo.advantage.gamma' },
    verl: { source: verl, key: 'algorithm.adv_estimator', gamma: 'algorithm.gamma' },
  };
  const others = { iterations: 1, 'model.type': 'huggingface', 'model.path': 'm', data: 'arithmetic' };

  it.each([
    ['openrlhf', 'reinforce', 'reinforce', true],
    ['openrlhf', 'reinforce_baseline', 'rloo', true],
    ['verl', 'reinforce_plus_plus', 'reinforce', true],
    ['verl', 'reinforce_plus_plus_baseline', 'rloo', true],
    ['verl', 'remax', 'remax', false],
    ['verl', 'rloo', 'rloo', false],
  ] as const)('%s: %s is the advantage %s, whitened %s', async (name, estimator, type, whitenAdvantages) => {
    const { source, key } = trainers[name];
    const translation = await translated(source, 'estimator.json', JSON.stringify({ [key]: estimator }));
    expect(noteOf(translation, key)).toMatchObject({ kind: 'same' });
    const settings = { ...translation.settings, ...others };
    expect(await resolved({ ...translation, settings })).toMatchObject({
      advantage: { type },
      criticUpdateSteps: 0,
      whitenAdvantages,
    });
  });

  it.each([
    ['verl', 'reinforce_plus_plus', 0.9, 'none'],
    ['verl', 'reinforce_plus_plus', 1, 'same'],
    ['verl', 'remax', 0.9, 'same'],
    ['openrlhf', 'reinforce', 0.9, 'none'],
  ] as const)('%s: %s with the discount %d: %s', async (name, estimator, discount, kind) => {
    const { source, key, gamma } = trainers[name];
    const file = JSON.stringify({ [key]: estimator, [gamma]: discount });
    const translation = await translated(source, 'discount.json', file);
    expect(noteOf(translation, gamma)).toMatchObject({ kind });
    expect(Object.keys(translation.settings)).not.toContain('advantage.gamma');
  });
});

describe('what had no counterpart once', () => {
  it('has the setting that it has now', async () => {
    const cut = await translated(trl, 'cut.json', '{"mask_truncated_completions": true}');
    expect(cut.settings).toMatchObject({ 'rewardShaping.type': 'overlong-filter' });
    const frozen = await translated(openrlhf, 'frozen.json', '{"critic.freezing_steps": 7}');
    expect(frozen.settings).toMatchObject({ criticOnlyIterations: 7 });
    const never = await translated(openrlhf, 'frozen.json', '{"critic.freezing_steps": -1}');
    expect(never.settings).toMatchObject({ criticOnlyIterations: 0 });
  });
});

describe('every translation', () => {
  it.each([
    ['trl', trl, 'x.yaml'],
    ['openrlhf', openrlhf, 'x.sh'],
    ['verl', verl, 'x.sh'],
  ] as const)('of %s names every setting of the file', async (name, source, file) => {
    writeFileSync(join(folder, file), examples[name]);
    const read = await readForeign(file, folder);
    const text = translationText(translate(source, read));
    expect(read.size).toBeGreaterThan(10);
    expect([...read.keys()].filter((key) => !text.includes(key))).toEqual([]);
  });

  it('refuses files without settings, and values that are no numbers', async () => {
    await expect(translated(trl, 'empty.yaml', '')).rejects.toMatchObject({ code: 'ORZ_CONFIG_FILE' });
    await expect(readForeign('absent.yaml', folder)).rejects.toMatchObject({ code: 'ORZ_CONFIG_FILE' });
    await expect(translated(trl, 'odd.yaml', 'beta: often')).rejects.toMatchObject({ code: 'ORZ_CONFIG_INVALID' });
  });
});
