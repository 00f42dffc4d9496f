import { tokenValueNotFinite, valueCount } from '../../core/compute/engine/errors.js';
import type { LossReport, ModelRole, Sequence, TrainingSequence } from '../../core/contracts/model.js';
import type { ForwardBackwardOutput } from '../../core/tinker/protobuf.js';
import { elementAt } from '../../core/arrays.js';
import { policyLength } from '../../core/segments.js';
import { ofPolicy } from './data.js';
import { scoresMissing } from './errors.js';
import type { PassResult } from './transport/data-pass.js';

type Output = ForwardBackwardOutput['outputs'][number];

/** Where a score belongs. */
export interface ScorePlace {
  readonly role: ModelRole;
  readonly sequence: Sequence;
  /** Of the sequence in its call. */
  readonly index: number;
}

/** The scores of a response. Throws ORZ_SERVER if there are none of that name, ORZ_NOT_FINITE for what is no number. */
export function scoresIn(output: Output, name: 'logprobs' | 'values', place: ScorePlace): Float32Array {
  const { role, sequence, index } = place;
  const given = output[name];
  const { tokens, promptLength } = sequence;
  const responseTokens = tokens.length - promptLength;
  if (!(given instanceof Float32Array) || given.length < responseTokens)
    throw scoresMissing(name, index, given?.length ?? 0, responseTokens);
  const scores = ofPolicy(given, sequence);
  requireFinite(name, scores, { role, index });
  return scores;
}

/** Entropies of a response, from a server that gives them. */
export function entropyIn(output: Output, sequence: Sequence): { readonly entropy?: Float32Array } {
  const given = output['entropy'];
  return given instanceof Float32Array ? { entropy: ofPolicy(given, sequence) } : {};
}

/** Every weight and input must have one finite number for each policy token: a server would learn from anything. */
export function checkInputs(role: ModelRole, sequences: readonly TrainingSequence[]): void {
  for (const [index, sequence] of sequences.entries()) {
    const { weights, inputs } = sequence;
    for (const [name, row] of Object.entries({ weights, ...inputs })) {
      if (row.length !== policyLength(sequence)) throw valueCount(index, row.length, policyLength(sequence));
      requireFinite(name, row, { role, index });
    }
  }
}

function requireFinite(name: string, row: Float32Array, place: { role: ModelRole; index: number }): void {
  const token = row.findIndex((x) => !Number.isFinite(x));
  if (token < 0) return;
  throw tokenValueNotFinite(name, place.role, { value: elementAt(row, token), sequence: place.index, token });
}

/** The loss and its metrics as `orz-train serve` reports them. */
export function reportOf({ metrics }: PassResult): LossReport {
  const sums = Object.entries(metrics).flatMap(([key, value]) => {
    const [, name] = /^(.+):sum$/.exec(key) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  const { loss = NaN, ...others } = Object.fromEntries(sums);
  return { loss, metrics: others };
}
