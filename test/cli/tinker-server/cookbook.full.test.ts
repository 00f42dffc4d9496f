import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createDiskFolder } from '../../../cli/platform/disk-folder.js';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { Checkpoints } from '../../../cli/tinker-server/checkpoints.js';
import { LocalModels, localEngineSettings } from '../../../core/compute/engine/local-engine.js';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import { createRandom } from '../../../core/random.js';
import { createOnnxBackend } from '../../../plugins/backend-onnx/start.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { onClose, start, temporaryFolder } from './support.js';

/** An interpreter with tinker-cookbook and what its recipe `rl_loop` needs, torch and transformers among them. */
const python = process.env['ORZ_PYTHON'];
const modelName = 'Qwen/Qwen3-8B-Base';

function missing(): string | undefined {
  if (python === undefined) return 'ORZ_PYTHON names no Python with tinker-cookbook';
  const { status, stderr } = spawnSync(python, ['-c', 'import tinker_cookbook.recipes.rl_loop'], { encoding: 'utf8' });
  return status === 0 ? undefined : `${python}: ${stderr.trim().split('\n').at(-1)}`;
}

/** Runs Python in a folder, without the network; fails with its output unless it succeeds. */
async function runPython(folder: string, parameters: readonly string[]): Promise<void> {
  const env = {
    ...process.env,
    TINKER_API_KEY: 'tml-test',
    HF_HUB_OFFLINE: '1',
    HF_DATASETS_CACHE: join(folder, 'cache'),
  };
  const child = spawn(python!, parameters, { cwd: folder, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(output);
}

/** A server with the model of the folder. */
async function serve(folder: string): Promise<string> {
  const base = await loadModelFolder(createDiskFolder(join(folder, modelName)));
  const backend = await createOnnxBackend({ provider: 'cpu', threads: 1 });
  onClose(() => backend.dispose());
  const parts = { base, random: createRandom(1), optimizer: createAdamW() };
  const models = new LocalModels(localEngineSettings.parse({}), backend, parts);
  onClose(() => models.dispose());
  const checkpoints = new Checkpoints(createFolderStorage(join(folder, 'checkpoints')), base);
  return (await start({ modelName, description: base, models, checkpoints })).url;
}

it('recipes of tinker-cookbook learn on the server, unchanged', async ({ skip }) => {
  const reason = missing();
  if (reason !== undefined) return skip(reason);
  const folder = temporaryFolder();
  await runPython(folder, [fileURLToPath(new URL('python/cookbook_folder.py', import.meta.url))]);
  const url = await serve(folder);
  const recipe = (name: string, log: string, settings: readonly string[]): Promise<void> =>
    runPython(folder, [
      ...['-m', `tinker_cookbook.recipes.${name}`, `base_url=${url.slice(0, -1)}`, `model_name=${modelName}`],
      ...[`log_path=${join(folder, log)}`, ...settings],
    ]);
  const logged = (log: string, metric: string): number[] =>
    readFileSync(join(folder, log, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Record<string, number>)[metric]!);
  const saved = (log: string): object[] =>
    readFileSync(join(folder, log, 'checkpoints.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);

  // LoRA; stopped after two steps and resumed, it ends as without a stop.
  const adapters = ['batch_size=16', 'lora_rank=8', 'max_length=512', 'learning_rate=0.01', 'max_steps=4'];
  await recipe('sl_loop', 'adapters', [...adapters, 'save_every=2']);
  const losses = logged('adapters', 'train_mean_nll');
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  mkdirSync(join(folder, 'resumed'));
  writeFileSync(join(folder, 'resumed', 'checkpoints.jsonl'), `${JSON.stringify(saved('adapters')[0])}\n`);
  await recipe('sl_loop', 'resumed', [...adapters, 'save_every=0']);
  expect(logged('resumed', 'train_mean_nll')).toEqual(losses.slice(2));

  // All parameters: first the form of an answer, then from that state the right one.
  const whole = ['batch_size=16', 'lora_rank=0', 'max_length=1024', 'learning_rate=0.01', 'save_every=0'];
  await recipe('sl_loop', 'form', [...whole, 'train_on_what=last_assistant_message']);
  mkdirSync(join(folder, 'digit'));
  writeFileSync(
    join(folder, 'digit', 'checkpoints.jsonl'),
    `${JSON.stringify({ ...saved('form').at(-1), batch: 0 })}\n`,
  );
  await recipe('rl_loop', 'digit', [
    'batch_size=8',
    'group_size=16',
    'max_tokens=24',
    'learning_rate=0.002',
    'save_every=6',
  ]);
  const rewards = logged('digit', 'reward/total');
  const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  expect(rewards).toHaveLength(12);
  expect(mean(rewards.slice(-3))).toBeGreaterThan(mean(rewards.slice(0, 3)) + 0.15);
});
