import { joinBytes } from '../../core/arrays.js';
import type { FileFolder } from '../../core/contracts/files.js';
import type { NamedTensor } from '../../core/contracts/model.js';
import type { BaseModel, ModelSourceContext } from '../../core/contracts/model-source.js';
import type { ModelCache } from '../../core/contracts/model-cache.js';
import type { Platform } from '../../core/contracts/platform.js';
import type { DecoderConfig } from '../../core/compute/nn/config.js';
import { bytesFolder } from '../../core/model-files/bytes-folder.js';
import { storedAs, writeSafetensors } from '../../core/model-files/safetensors.js';
import { openWeights } from '../../core/model-files/weights.js';
import { singleFile } from '../../core/model-files/weight-files.js';
import { messageOf } from '../../core/boundary/safe-text.js';
import type { Random } from '../../core/random.js';
import { shippedWeights } from './shipped-weights.js';

/** Weights that need not be trained any more. */
export interface FinishedWeights {
  /** Whether the weights for this seed come with the package. */
  isShipped(random: Random): boolean;
  /** Those of the package, or those that an earlier run kept; says which. */
  find(config: DecoderConfig, context: ModelSourceContext): Promise<BaseModel['weights'] | undefined>;
  /** Keeps weights for later runs, where there is a cache. */
  keep(weights: readonly NamedTensor[], context: ModelSourceContext): Promise<void>;
}

/** What decides on the bits of the weights, beside the settings and the seed; undefined for what cannot be told. */
export interface Makers {
  readonly optimizer: string | undefined;
  /** With its backend. */
  readonly engine: string | undefined;
  /** What it computes on. */
  readonly device: string | undefined;
}

/** Base models in the package, each a file `NAME.safetensors`. */
export type ShippedName = keyof typeof shippedWeights.sha256;

/** What is to be made. */
export interface Recipe {
  readonly name: ShippedName;
  readonly settings: object;
  /** Settings that the weights in the package were made with. */
  readonly defaults: object;
}

/**
 * The weights in the package were made with the default settings, seed 42 and AdamW as ORZ has it. They are *the* model
 * of these on every backend: another one would differ by rounding alone. All others are kept for exactly what they were
 * made with.
 */
export function finishedWeights(
  recipe: Recipe,
  makers: Makers,
  { packageFolder, modelCache }: Platform,
): FinishedWeights {
  const shipped = packageFolder?.(shippedWeights.folder);
  const isShipped = ({ seed }: Random): boolean =>
    shipped !== undefined &&
    JSON.stringify(recipe.settings) === JSON.stringify(recipe.defaults) &&
    seed === shippedWeights.seed &&
    makers.optimizer === shippedWeights.optimizer;
  const cache = modelCache && cacheOf(modelCache, { name: recipe.name, settings: recipe.settings, ...makers });
  return {
    isShipped,
    find: async (config, context) => {
      const content =
        (shipped && isShipped(context.random) ? await readShipped(shipped, recipe.name, context) : undefined) ??
        (await cache?.find(context));
      return content && openContent(content, config);
    },
    keep: async (weights, context) => cache?.keep(weights, context),
  };
}

async function readShipped(
  folder: FileFolder,
  name: ShippedName,
  { events }: ModelSourceContext,
): Promise<Uint8Array | undefined> {
  const file = `${name}.safetensors`;
  const size = await folder.size(file);
  const content = size === undefined ? undefined : await folder.read(file);
  if (content !== undefined && (await hashOf(content)) === shippedWeights.sha256[name]) {
    events.log('info', 'base model: the one that comes with this package');
    return content;
  }
  const state = content === undefined ? 'missing' : 'damaged';
  events.log('warn', `the base model that comes with this package is ${state} in ${folder.location}; another is made`);
  return undefined;
}

async function hashOf(content: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(content));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function openContent(content: Uint8Array, config: DecoderConfig): Promise<BaseModel['weights']> {
  const { stream } = await openWeights(bytesFolder('base model', { [singleFile]: content }), config, 'language');
  return stream;
}

/** The cache for what is made with these settings; undefined if a plugin of the user's takes part. */
function cacheOf(cache: ModelCache, made: { readonly name: string; readonly settings: object } & Makers) {
  if (made.optimizer === undefined || made.engine === undefined) return undefined;
  // New weights in the package mean that the arithmetic has changed, and that of every other model with it.
  const keyOf = ({ seed }: Random): string => JSON.stringify({ ...made, seed, package: shippedWeights.sha256 });
  return {
    find: async ({ random, events }: ModelSourceContext): Promise<Uint8Array | undefined> => {
      const found = await cache.find(keyOf(random)).catch((error: unknown) => {
        events.log('warn', `the base models kept for later runs cannot be read: ${messageOf(error)}`);
        return undefined;
      });
      if (found === 'damaged')
        events.log('warn', `the base model kept in ${cache.location} was damaged; it is made anew`);
      else if (found) events.log('info', `base model: made by an earlier run, from ${cache.location}`);
      return found === 'damaged' ? undefined : found;
    },
    keep: async (weights: readonly NamedTensor[], { random, events }: ModelSourceContext): Promise<void> => {
      try {
        await cache.keep(keyOf(random), await fileOf(weights));
        events.log('info', `base model: made, and kept for later runs in ${cache.location}`);
      } catch (error) {
        events.log('warn', `base model: made, but not kept for later runs: ${messageOf(error)}`);
      }
    },
  };
}

/** The weights as a safetensors file, in f32. */
export async function fileOf(weights: readonly NamedTensor[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(storedAs(weights, 'f32'), weights)) pieces.push(piece);
  return joinBytes(pieces);
}
