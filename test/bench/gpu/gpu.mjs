/**
 * Everything that a GPU is needed for, in ten minutes at most: conformance and benchmark of the webgpu backend through
 * Vulkan, a training step and decoding on it and on ONNX Runtime's CUDA provider, beside PyTorch.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { toHuggingFaceConfig } from '../../../dist/core/model-files/hugging-face-config.js';
import { machineName } from '../../results/machine-name.mjs';
import { conformanceReport, stepReport } from './report.mjs';
import { shapes } from './shapes.mjs';

/** @typedef {import('../table.mjs').Report} Report */
/** @typedef {import('./report.mjs').StepResult} StepResult */
/**
 * @typedef {object} GpuOptions
 * @property {string} adapter part of its name
 * @property {'large' | 'small'} size
 * @property {NodeJS.ProcessEnv} env of the parts: the driver of Vulkan may be chosen in it
 * @property {string} python with PyTorch and transformers
 * @property {number} repeats
 * @property {(line: string) => void} say
 */

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Seconds for all of it, and for the conformance suite. */
const limit = 600;
const conformanceLimit = { large: 120, small: 60 };

const backends = /** @type {const} */ ([
  { name: 'webgpu-f32', label: 'webgpu, f32' },
  { name: 'webgpu-f16', label: 'webgpu, f16' },
  { name: 'cuda', label: 'ONNX Runtime, CUDA, f32' },
]);

/** @param {GpuOptions} options @returns {Report[]} */
export function measureGpu(options) {
  const { adapter, size, say, repeats } = options;
  const end = performance.now() + limit * 1000;
  /** @param {readonly [string, ...string[]]} command @returns {any} */
  const part = (command) => execute(command, options.env, Math.floor((end - performance.now()) / 1000));
  const node = (/** @type {string[]} */ ...args) => part([process.execPath, file('part.mjs'), ...args]);
  say('conformance of webgpu');
  const conformance = node('conformance', adapter, `${conformanceLimit[size]}`);
  /** @type {StepResult[]} */
  const steps = [];
  for (const network of /** @type {const} */ (['tiny', 'half'])) {
    const work = shapes[size][network];
    for (const { name, label } of backends) {
      say(`${work.label}: ${label}`);
      steps.push({ work, label, ...node('step', name, adapter, size, network, `${repeats}`) });
    }
    say(`${work.label}: PyTorch`);
    steps.push(...peerSteps(work, part([options.python, file('peer.py'), peerRequest(work, repeats)])));
  }
  say('the benchmark of webgpu');
  const bench =
    size === 'large'
      ? node('bench', adapter, `${repeats}`, options.python)
      : { reason: 'its tables for a processor are those of `--backend webgpu`' };
  return [conformanceReport(conformance), stepReport(steps, machineName(), bench.reason), ...(bench.reports ?? [])];
}

/**
 * The last line of what a part prints, or why there is none.
 * @param {readonly [string, ...string[]]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {number} left seconds
 */
export function execute([program, ...args], env, left) {
  if (left < 1) return { reason: `no time left of ${limit} s` };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env,
    timeout: left * 1000,
    maxBuffer: 1e8,
  });
  if (error && 'code' in error && error.code === 'ETIMEDOUT') return { reason: `not done in the ${left} s left` };
  if (error) return { reason: `${program} does not start` };
  if (status !== 0) return { reason: stderr.trim().split('\n').at(-1) ?? `${program} failed` };
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** @param {import('./shapes.mjs').Work} work @param {number} repeats */
function peerRequest({ config, lengths, batch, promptLength, responseLength }, repeats) {
  const facts = /** @type {const} */ ({ head: 'language', dtype: 'f32', endTokens: [] });
  const { eos_token_id: _, ...shape } = toHuggingFaceConfig(config, facts);
  return JSON.stringify({ config: shape, lengths, batch, promptLength, responseLength, repeats });
}

/**
 * A row for each dtype of PyTorch, or one with the reason.
 * @param {import('./shapes.mjs').Work} work
 * @param {any} found
 * @returns {StepResult[]}
 */
function peerSteps(work, found) {
  if (found.reason !== undefined) return [{ work, label: 'PyTorch', reason: found.reason }];
  return /** @type {const} */ (['f32', 'bf16']).map((dtype) => ({
    work,
    label: `PyTorch, ${dtype}`,
    device: found.device,
    ...found[dtype],
  }));
}
