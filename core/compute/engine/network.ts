import type { Backend } from '../../contracts/backend.js';
import type { Loss } from '../../contracts/loss.js';
import type { DecoderConfig } from '../nn/config.js';
import { languageHead, tokenScores, valueHead, type TokenLayout, type Weights } from '../nn/decoder.js';
import { finalNormName, languageHeadName, valueHeadName, type HeadKind } from '../nn/parameters.js';
import type { RotaryTable } from '../nn/rotary-angles.js';
import { extentOf } from '../tensor/extents.js';
import type { Graph, Tensor } from '../tensor/graph.js';
import { lossInputMissing } from './errors.js';
import { lossInputPrefix, metricPrefix, sequenceInput, type ScoreTensors } from './loss-tensors.js';
import { packedSize, type MicroBatch } from './packing.js';
import type { Parameters } from './parameters.js';
import { takeScalar, type HostValues, type Outputs, type ProgramCache } from './programs.js';

/** Scores of a micro-batch by packed index, f32 [rows · length]; only those at prediction indices mean anything. */
export type PackedScores = Partial<Record<'logprobs' | 'entropy' | 'values', Float32Array>>;

export interface LossSums {
  readonly loss: number;
  readonly metrics: Record<string, number>;
}

/** A loss input by packed index, f32 [rows · length], or undefined if the caller has none of that name. */
export type LossInputs = (name: string) => Float32Array | undefined;

export interface ForwardPass {
  readonly batch: MicroBatch;
  /** Packed indices whose scores are wanted. */
  readonly predictionIndices: Int32Array;
  /** Logits are divided by it. */
  readonly temperature: number;
}

export interface TrainingPass extends ForwardPass {
  readonly loss: Loss;
  readonly lossInputs: LossInputs;
  /** Placement of the sequence by packed index; 0 where empty. */
  readonly sequence: Int32Array;
}

/** How a decoder is executed: as one program when small, block by block when large. Both give the same numbers. */
export interface Network {
  /** Scores at the prediction indices; other entries are unspecified. */
  forward(pass: ForwardPass): Promise<PackedScores>;
  /** Adds the gradient of the loss to the accumulators. */
  accumulate(pass: TrainingPass): Promise<LossSums>;
}

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

/** Declares the inputs that say how tokens are laid out in packed rows. */
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

/**
 * Values for the inputs of {@link layoutInputs}, on the host: `execute` copies them to the device for each call. Who
 * executes several programs on one micro-batch makes buffers of them once.
 */
export function layoutValues(
  config: DecoderConfig,
  rotary: RotaryTable,
  batch: MicroBatch,
): Record<'starts' | 'cos' | 'sin', HostValues> {
  const angles = [packedSize(batch), config.headDim / 2];
  const { cos, sin } = rotary.rows(batch.positions);
  return {
    starts: { data: batch.starts, shape: [batch.rows, batch.length] },
    cos: { data: cos, shape: angles },
    sin: { data: sin, shape: angles },
  };
}

/**
 * The head on final states [N, D]: log-probabilities of an input `targets` and entropies, or the values of a critic,
 * all [N].
 */
export function headScores(parts: NetworkParts, x: Tensor, w: Weights, temperature: number): ScoreTensors {
  const { config, head } = parts;
  const norm = w(finalNormName),
    output = w(outputWeightName(config, head));
  if (head === 'value') return { values: valueHead(config, x, norm, output) };
  const logits = languageHead(config, x, norm, output);
  const targets = x.graph.input('targets', [extentOf(x, 0)], 'i32');
  const { logprob, entropy } = tokenScores(logits, targets, temperature);
  return { logprobs: logprob, entropy };
}

/** Whether an input of a program is one of its loss. */
export const isLossInput = (name: string): boolean => name === sequenceInput || name.startsWith(lossInputPrefix);

/** Values of the loss input that a program calls `name`; throws ORZ_CAPABILITY when the batch does not have it. */
export function lossInput({ loss, lossInputs, sequence }: TrainingPass, name: string): Float32Array | Int32Array {
  if (name === sequenceInput) return sequence;
  const wanted = name.slice(lossInputPrefix.length);
  const values = lossInputs(wanted);
  if (!values) throw lossInputMissing(loss.name, wanted);
  return values;
}

/** Reads the loss and its metrics from a program's outputs, and releases them. */
export async function takeLoss(backend: Backend, outputs: Outputs): Promise<LossSums> {
  const metrics: Record<string, number> = {};
  for (const name of Object.keys(outputs)) {
    if (name.startsWith(metricPrefix))
      metrics[name.slice(metricPrefix.length)] = await takeScalar(backend, outputs, name);
  }
  return { loss: await takeScalar(backend, outputs, 'loss'), metrics };
}
