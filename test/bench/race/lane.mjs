/** The processes of both sides, and the weights that they share as files. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLlama, missing } from './peers.mjs';
import { pinned, startWorker, workerEnvironment } from './workers.mjs';

/** @typedef {import('./workers.mjs').Worker} Worker */

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * The workers of both sides with what they need.
 * @typedef {object} Lane
 * @property {Worker} ours
 * @property {Partial<Record<'torch' | 'llama', Worker>>} peers
 * @property {Partial<Record<'torch' | 'llama', string>>} reasons
 * @property {(network: import('./cases.mjs').NetworkName) => Promise<string>} folderOf
 * @property {() => Promise<void>} close
 */

/**
 * @param {{ readonly folder: string, readonly core: number | undefined, readonly python: string,
 *   readonly installed: import('./peers.mjs').Installed }} options
 * @returns {Lane}
 */
export function openLane({ folder, core, python, installed }) {
  const start = (/** @type {readonly [string, ...string[]]} */ command, ours = false) =>
    startWorker(pinned(command, core), { env: workerEnvironment(process.env, ours) });
  const ours = start([process.execPath, '--expose-gc', file('worker.mjs')], true);
  /** @type {Lane['peers']} */
  const peers = {};
  /** @type {Lane['reasons']} */
  const reasons = {};
  const torchReason = missing('torch', python, installed);
  if (torchReason === undefined) peers.torch = start([python, file('worker.py')]);
  else reasons.torch = torchReason;
  const llamaReason = missing('llama', python, installed);
  const built = llamaReason === undefined ? buildLlama(python, folder) : { reason: llamaReason };
  if ('program' in built)
    peers.llama = startWorker(pinned([built.program], core), {
      env: workerEnvironment(process.env, false),
      asLine: llamaLine,
    });
  else reasons.llama = built.reason;
  const made = new Set();
  return {
    ours,
    peers,
    reasons,
    async folderOf(network) {
      const path = join(folder, network);
      if (!made.has(network)) {
        await ours.ask({ command: 'folder', network, folder: path });
        if (peers.llama) writeGguf(python, path);
        made.add(network);
      }
      return path;
    },
    async close() {
      for (const worker of [ours, peers.torch, peers.llama]) await worker?.close();
    },
  };
}

/** @param {string} python @param {string} folder */
function writeGguf(python, folder) {
  const { status, stderr } = spawnSync(python, [file('write_gguf.py'), folder, join(folder, 'model.gguf')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The network could not be written for llama.cpp:\n${stderr}`);
}

/** A request as the process of llama.cpp reads it. @param {any} q @returns {string} */
function llamaLine({ command, folder, prompts, count, responseLength, tokens, promptLength }) {
  const model = join(folder, 'model.gguf');
  return command === 'score'
    ? ['score', model, promptLength, ...tokens].join(' ')
    : ['sample', model, responseLength, count, prompts.length, prompts[0].length, ...prompts.flat()].join(' ');
}
