import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../../cli/commands/export.js';
import { emptyFolder, runIn } from '../../end-to-end/run-in-folder.js';

/** An interpreter with the packages. */
const python = process.env['ORZ_PYTHON'];

/** Why PEFT cannot be asked here; undefined if it can. */
function missing(): string | undefined {
  if (python === undefined) return 'ORZ_PYTHON names no Python with peft, torch and transformers';
  const { status, stderr } = spawnSync(python, ['-c', 'import peft, torch, transformers'], { encoding: 'utf8' });
  return status === 0 ? undefined : `${python}: ${stderr.trim().split('\n').at(-1)}`;
}

const script = fileURLToPath(new URL('./python/use_peft.py', import.meta.url));

const folder = emptyFolder();
const path = (...parts: string[]): string => join(folder, ...parts);
const flags = { runDir: path('adapted'), dtype: 'f32', maxShardSize: '5GB' };

beforeAll(async () => {
  await runIn(folder, 'adapted', {
    'backend.provider': 'cpu',
    'model.steps': 8,
    'model.warmupSteps': 2,
    'model.tokensPerStep': 256,
    iterations: 2,
    rolloutBatchSize: 4,
    samplesPerPrompt: 4,
    maxResponseTokens: 16,
    criticUpdateSteps: 3,
    policyLearningRate: 0.01,
    criticLearningRate: 0.01,
    'evaluation.problems': 4,
    'lora.rank': 4,
    'lora.alpha': 6,
  });
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('exported adapters', () => {
  it.for(['policy', 'critic'] as const)(
    'of the %s merge in PEFT to the model as it is exported',
    async (role, { skip }) => {
      const reason = missing();
      if (reason !== undefined) return skip(reason);
      const critic = role === 'critic';
      await exportModel(path(`${role}-adapter`), { ...flags, critic, adapter: true });
      await exportModel(path(role), { ...flags, critic });
      const base = path('adapted', 'checkpoints', 'base', 'policy');
      const { stdout, stderr } = spawnSync(python!, [script, base, path(`${role}-adapter`), path(role), role], {
        encoding: 'utf8',
      });
      const number = (name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(stdout)?.[1]);
      expect(number('DIFFERENCE'), stderr).toBeLessThan(1e-6);
      expect(number('CHANGE'), stderr).toBeGreaterThan(1e-3);
    },
  );

  it('name the base model, and say what was trained', async () => {
    await exportModel(path('named'), { ...flags, adapter: true });
    expect(JSON.parse(readFileSync(path('named', 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      base_model_name_or_path: path('adapted', 'checkpoints', 'base', 'policy'),
      r: 4,
      lora_alpha: 6,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    });
  });
});
