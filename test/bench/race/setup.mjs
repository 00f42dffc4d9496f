/**
 * Makes the two Python environments of the race:
 *
 *     node test/bench/race/setup.mjs FOLDER [--python python3.12]
 *
 * FOLDER/main has PyTorch, transformers, TRL with GRPO, llama.cpp and Math-Verify, FOLDER/ppo the last TRL with PPO.
 * llama-cpp-python is compiled from source: that needs a C++ compiler, CMake and some twenty minutes.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { trlVersions } from './peers.mjs';

const shared = ['torch==2.15.0', 'transformers==5.24.0', 'datasets==5.2.0', 'safetensors'];
const environments = {
  main: [...shared, `trl==${trlVersions.grpo}.*`, 'llama-cpp-python==0.3.36', 'gguf==0.19.0', 'math-verify==0.9.0'],
  ppo: [...shared, `trl==${trlVersions.ppo}.*`],
};

const {
  values: { python },
  positionals: [folder],
} = parseArgs({ allowPositionals: true, options: { python: { type: 'string', default: 'python3' } } });
if (folder === undefined) {
  console.error('usage: node test/bench/race/setup.mjs FOLDER [--python python3.12]');
  process.exit(2);
}

/** @param {string} program @param {readonly string[]} args */
function execute(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${program} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

for (const [name, packages] of Object.entries(environments)) {
  const environment = resolve(folder, name);
  execute(python, ['-m', 'venv', environment]);
  execute(join(environment, 'bin', 'python'), ['-m', 'pip', 'install', ...packages]);
}
const pythonOf = (/** @type {string} */ name) => join(resolve(folder), name, 'bin', 'python');
console.log(`\nnpm run bench -- --only race --python ${pythonOf('main')} --python-ppo ${pythonOf('ppo')}`);
