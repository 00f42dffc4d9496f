/** Trains a base model that comes with the package, as a run of its preset would without it. */
import { existsSync, readFileSync } from 'node:fs';
import { gatherConfig } from '../../dist/cli/config/gather.js';
import { createNodePlatform } from '../../dist/cli/platform/node-platform.js';
import { createRunContainer } from '../../dist/core/container/run-container.js';
import { identityOf } from '../../dist/core/container/identity.js';
import { createRandom } from '../../dist/core/random.js';
import { fileOf } from '../../dist/plugins/task-arithmetic/finished-weights.js';

/** The base models of the package, and a preset that starts from each. */
export const shippedPresets = /** @type {const} */ ({ 'arithmetic-base': 'orz-tiny', 'chain-base': 'orz-lab' });

/**
 * @param {keyof typeof shippedPresets} name
 * @param {import('../../dist/core/contracts/run-events.js').RunEvents} events
 * @returns {Promise<{ readonly file: Uint8Array, readonly seed: number, readonly optimizer: string }>} the weights as a
 *   safetensors file, and what they were made with
 */
export async function makeDefaultBaseModel(name, events) {
  const { resolved } = await gatherConfig({ config: false, preset: [shippedPresets[name]] }, '.');
  // Without the package's own files and without a cache nothing is left but to train.
  const { packageFolder: _files, modelCache: _cache, ...platform } = createNodePlatform('.');
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, only: ['model'] });
  try {
    const { weights } = await container.get('model').load({ random, events, signal: new AbortController().signal });
    const tensors = [];
    for await (const tensor of weights()) tensors.push(tensor);
    const optimizer = identityOf('optimizer', resolved.slots);
    if (optimizer === undefined) throw new Error('the optimizer is not of this package');
    return { file: await fileOf(tensors), seed: resolved.config.seed, optimizer };
  } finally {
    await container.dispose();
  }
}

/** Extensions of the processor that decide on how ONNX Runtime sums, where the system tells them. */
export function arithmeticExtensions() {
  if (!existsSync('/proc/cpuinfo')) return `${process.platform} ${process.arch}`;
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' ') ?? [];
  return [process.arch, ...flags.filter((flag) => /^(?:avx|avx2|fma|avx512f|avx512_vnni|amx_tile)$/.test(flag))].join(
    ' ',
  );
}
