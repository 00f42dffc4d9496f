import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { silentEvents } from '../../../core/silent-events.js';
import { shippedWeights } from '../../../plugins/task-arithmetic/shipped-weights.js';
import { arithmeticExtensions, makeDefaultBaseModel, shippedPresets } from '../../results/default-base-model.mjs';

/*
 * If this fails, the arithmetic has changed: `npm run base-models` makes the weights of the package anew, which also
 * lets go of what users' caches hold, and CHANGELOG.md says so. A processor with other extensions sums in another order
 * and gives other bits; those in the package are right by definition, and there only their form can be compared.
 */
const sameProcessor = arithmeticExtensions() === shippedWeights.extensions;

const names = Object.keys(shippedPresets) as (keyof typeof shippedPresets)[];

it.each(names)(
  `makes the %s of the package again, ${sameProcessor ? 'bit for bit' : 'in the same form'}`,
  async (name) => {
    const folder = createNodePlatform('.').packageFolder?.(shippedWeights.folder);
    const shipped = await folder?.size(`${name}.safetensors`);
    const { file, seed, optimizer } = await makeDefaultBaseModel(name, silentEvents);
    const sha256 = shippedWeights.sha256[name];
    const digest = sameProcessor ? createHash('sha256').update(file).digest('hex') : sha256;
    expect({ seed, optimizer, bytes: file.length, sha256: digest }).toEqual({
      seed: shippedWeights.seed,
      optimizer: shippedWeights.optimizer,
      bytes: shipped,
      sha256,
    });
  },
);
