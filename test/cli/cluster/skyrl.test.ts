import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { generate } from './cluster-run.js';

/** A Python with skyrl 0.4.0; docs/cluster.md records what these tests found with it. */
const python = process.env['ORZ_PYTHON'];
const hasSkyRL = python !== undefined && spawnSync(python, ['-c', 'import skyrl.train.config']).status === 0;

const load = `
import json, sys
from skyrl.backends.skyrl_train_backend import FSDPBackendOverrides, _build_skyrl_train_config
from skyrl.train.config import get_config_as_dict
overrides = FSDPBackendOverrides(**json.load(open(sys.argv[1])))
print("CONFIG " + json.dumps(get_config_as_dict(_build_skyrl_train_config(sys.argv[2], overrides))))
`;

const mend = `
import sys, types
sys.path.insert(0, sys.argv[1])
import orz_skyrl_critic as fix
import skyrl.backends.skyrl_train.workers.worker as worker
import transformers.modeling_utils as modeling
print("MENDED", worker.CriticWorkerBase.swap_to_adapter(None, "model"), hasattr(modeling, "no_init_weights"))
nothing = types.SimpleNamespace(optimizer_step=lambda *_, **__: None)
critic = types.SimpleNamespace(
    optimizer=types.SimpleNamespace(param_groups=[{"eps": 1e-8}]), strategy=nothing, model=None, scheduler=None,
    _micro_batches_accumulated=0)
worker.CriticWorkerBase.optim_step(critic)
print("EPSILON", critic.optimizer.param_groups[0]["eps"])
for version in (fix.VERSION, "0.3.0"):
    fix.VERSION = version
    try:
        fix.apply(worker)
    except RuntimeError as error:
        print("REFUSED", error)
`;

describe.skipIf(!hasSkyRL)('skyrl 0.4.0, named by ORZ_PYTHON', () => {
  it.each(['orz-7b', 'orz-32b'])('loads the backend configuration of %s', async (preset) => {
    const { spec, text } = await generate({ preset: [preset] });
    const file = join(temporaryFolder(), 'skyrl.json');
    writeFileSync(file, text('skyrl.json'));
    const { stdout, stderr } = spawnSync(python!, ['-c', load, file, spec.model], { encoding: 'utf8' });
    const line = stdout.split('\n').find((each) => each.startsWith('CONFIG '));
    expect(line, stderr).toBeDefined();
    expect(JSON.parse(line!.slice('CONFIG '.length))).toMatchObject({
      trainer: {
        critic: { model: { path: spec.model }, optimizer_config: { adam_betas: [0.9, 0.95], max_grad_norm: 1 / 64 } },
        policy: { fsdp_config: { mixed_precision: { param_dtype: 'bf16', reduce_dtype: 'fp32' } } },
        algorithm: { temperature: 1, use_kl_loss: false },
      },
      generator: { inference_engine: { num_engines: spec.plan.sampling.engines } },
    });
  });

  it('refuses a name that it does not have', async () => {
    const file = join(temporaryFolder(), 'skyrl.json');
    writeFileSync(file, JSON.stringify({ 'trainer.policy.optimizer_config.adam_beta': [0.9, 0.95] }));
    const { status, stderr } = spawnSync(python!, ['-c', load, file, 'model'], { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('adam_beta');
  });

  it('is mended by the critic fix, which refuses what it is not for', async () => {
    const { text } = await generate({ preset: ['orz-7b'] });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'orz_skyrl_critic.py'), text('orz_skyrl_critic.py'));
    const { stdout, stderr } = spawnSync(python!, ['-c', mend, folder], {
      encoding: 'utf8',
      env: { ...process.env, SKYRL_CPU_SHIM: '0' },
    });
    expect(stdout.split('\n'), stderr).toEqual([
      'MENDED None True',
      `EPSILON ${1e-8 / 64}`,
      expect.stringMatching(/^REFUSED this skyrl has CriticWorkerBase.swap_to_adapter/),
      expect.stringMatching(/^REFUSED orz_skyrl_critic.py is for skyrl 0\.3\.0, not 0\.4\.0/),
      '',
    ]);
  });
});
