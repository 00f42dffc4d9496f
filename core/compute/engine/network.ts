import { OrzError } from '../../errors.js';
import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { Loss } from '../../contracts/loss.js';
import type { DecoderConfig } from '../nn/config.js';
import type { TokenLayout, Weights } from '../nn/decoder.js';
import { languageHeadName, valueHeadName, type HeadKind } from '../nn/parameters.js';
import type { RotaryTable } from '../nn/rotary-angles.js';
import type { Graph } from '../tensor/graph.js';
import { lossInputPrefix } from './loss-tensors.js';
import type { MicroBatch } from './packing.js';
import type { Parameters } from './parameters.js';
import { take, type Feed, type ProgramCache } from './programs.js';

/** Scores per place of a micro-batch [rows · length]; only prediction places mean anything. */
export type PlaceScores = Partial<Record<'logprobs' | 'entropy' | 'values', Float32Array>>;

export interface LossSums {
  readonly loss: number;
  readonly metrics: Record<string, number>;
}

/** How a decoder is run: as one program when small, block by block when large. Both give the same numbers. */
export interface Network {
  /** Scores at the places listed in `places`; other entries are unspecified. */
  forward(batch: MicroBatch, places: Int32Array, temperature: number): Promise<PlaceScores>;
  /** Adds the gradient of the loss to the accumulators. `perPlace` gives the loss inputs per place. */
  accumulate(
    batch: MicroBatch,
    places: Int32Array,
    perPlace: LossInputs,
    loss: Loss,
    temperature: number,
  ): Promise<LossSums>;
}

/** A loss input per place [rows · length], or undefined if the caller has none of that name. */
export type LossInputs = (name: string) => Float32Array | undefined;

export interface NetworkParts {
  readonly backend: Backend;
  readonly config: DecoderConfig;
  readonly head: HeadKind;
  readonly parameters: Parameters;
  readonly programs: ProgramCache;
  readonly rotary: RotaryTable;
}

export const outputWeightName = (config: DecoderConfig, head: HeadKind): string =>
  head === 'value' ? valueHeadName : languageHeadName(config);

/** Declares the inputs that say where tokens stand. */
export function layoutInputs(g: Graph, config: DecoderConfig, rows: number, length: number): TokenLayout {
  const half = config.headDim / 2;
  return {
    rows,
    length,
    starts: g.input('starts', [rows, length], 'i32'),
    cos: g.input('cos', [rows * length, half]),
    sin: g.input('sin', [rows * length, half]),
  };
}

/** Device copies of `starts`, `cos` and `sin`, for programs that run once per layer. The caller releases them. */
export function layoutFeeds(parts: NetworkParts, batch: MicroBatch): Record<string, Feed> {
  const places = batch.rows * batch.length,
    half = parts.config.headDim / 2;
  const { cos, sin } = parts.rotary.rows(batch.positions);
  return {
    starts: { data: batch.starts, shape: [batch.rows, batch.length] },
    cos: { data: cos, shape: [places, half] },
    sin: { data: sin, shape: [places, half] },
  };
}

/** Weights as graph inputs, declared when first used, under `prefix` + name. */
export function weightInputs(g: Graph, shapes: ReadonlyMap<string, readonly number[]>, prefix = ''): Weights {
  return (name) => g.inputs.get(prefix + name) ?? g.input(prefix + name, shapes.get(name) ?? missing(name));
}

const missing = (name: string): never => {
  throw new OrzError('ORZ_INTERNAL', `no shape known for weight "${name}"`);
};

export const shapesOf = (parameters: Parameters): Map<string, readonly number[]> =>
  new Map(parameters.specs.map((s) => [s.name, s.shape]));

/** The feed of a loss input; an error that says what the loss wants when the batch does not have it. */
export function lossFeed(
  inputs: LossInputs,
  loss: Loss,
  name: string,
  select: (values: Float32Array) => Float32Array,
): Feed {
  const values = inputs(name.slice(lossInputPrefix.length));
  if (!values) {
    throw new OrzError(
      'ORZ_CAPABILITY',
      `the loss "${loss.name}" reads "${name.slice(lossInputPrefix.length)}", which this run does not compute`,
      {
        remedy:
          'use a loss that does without it, or configure what produces it (refLogprobs: a KL plugin; oldValues: an advantage with a critic)',
      },
    );
  }
  const data = select(values);
  return { data, shape: [data.length] };
}

/** Reads the loss and its metrics from a program's outputs. */
export async function readLoss(backend: Backend, outputs: Record<string, DeviceBuffer>): Promise<LossSums> {
  const metrics: Record<string, number> = {};
  for (const [name, buffer] of Object.entries(outputs)) {
    if (name.startsWith('metric/')) metrics[name.slice('metric/'.length)] = (await take(backend, buffer))[0]!;
  }
  return { loss: (await take(backend, outputs['loss']))[0]!, metrics };
}
