import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { generate } from './cluster-run.js';

/** Writes the generated files and commands that only note how they were called. */
async function folderWith(commands: Readonly<Record<string, string>>): Promise<string> {
  const { names, text } = await generate({ preset: ['orz-32b'] });
  const folder = temporaryFolder();
  for (const name of names) {
    writeFileSync(join(folder, name), text(name));
    if (/\.(?:sh|sbatch)$/.test(name)) chmodSync(join(folder, name), 0o755);
  }
  const bin = join(folder, '.venv', 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, body] of Object.entries(commands))
    writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${body}\n`, { mode: 0o755 });
  return folder;
}

const run = (folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync('bash', args, {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${join(folder, '.venv', 'bin')}:${process.env['PATH']}`,
      HOME: folder,
      ORZ_SKYRL: folder,
      ...env,
    },
  });

const note = 'echo "$(basename "$0") $*" >> "$HOME/calls"';
const callsIn = (folder: string): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

describe('slurm.sbatch, with commands that only note their calls', () => {
  it('starts Ray on every node, and the server on the first', async () => {
    const folder = await folderWith({ scontrol: 'printf "a\\nb\\nc\\n"', srun: note });
    const { status, stderr } = run(folder, ['slurm.sbatch'], { SLURM_SUBMIT_DIR: folder, SLURM_JOB_NODELIST: '[a-c]' });
    expect([status, stderr]).toEqual([0, '']);
    const on = (host: string, command: string): string =>
      `srun --nodes=1 --ntasks=1 --overlap --nodelist=${host} ${folder}/${command}`;
    expect(callsIn(folder).sort()).toEqual(
      [
        on('a', 'ray.sh head --block'),
        on('b', 'ray.sh worker a --block'),
        on('c', 'ray.sh worker a --block'),
        on('a', 'serve.sh'),
      ].sort(),
    );
  });
});

describe('ray.sh and serve.sh, with commands that only note their calls', () => {
  it('start Ray with the GPUs of a node', async () => {
    const folder = await folderWith({ ray: note });
    expect(run(folder, ['ray.sh', 'head', '--block']).status).toBe(0);
    expect(run(folder, ['ray.sh', 'worker', 'head-1']).status).toBe(0);
    expect(run(folder, ['ray.sh']).status).toBe(2);
    expect(callsIn(folder)).toEqual([
      'ray start --head --port=6379 --num-gpus=8 --dashboard-host=127.0.0.1 --block',
      'ray start --address=head-1:6379 --num-gpus=8',
    ]);
  });

  it('start the server with the configuration, and not with files that were changed', async () => {
    const folder = await folderWith({ python: note, uv: note });
    expect(run(folder, ['serve.sh']).status).toBe(0);
    const [check, wait, ...server] = callsIn(folder);
    expect([check, wait]).toEqual([
      `python ${folder}/orz_skyrl_critic.py check`,
      `python ${folder}/wait_for_gpus.py 24`,
    ]);
    expect(server.join('\n')).toMatch(
      /^uv run --no-project --active -m skyrl\.tinker\.api --base-model Qwen\/Qwen2\.5-32B --backend fsdp /,
    );
    expect(server.join('\n')).toContain('"generator.inference_engine.tensor_parallel_size": 4');
    writeFileSync(join(folder, 'skyrl.json'), '{}');
    const changed = run(folder, ['serve.sh']);
    expect([changed.status, changed.stdout]).toEqual([1, expect.stringContaining('skyrl.json: FAILED')]);
  });
});
