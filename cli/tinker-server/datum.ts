import { elementAt } from '../../core/arrays.js';
import type { Sequence, TrainingSequence } from '../../core/contracts/model.js';
import type { Datum } from '../../core/tinker/protobuf.js';
import type { WireArray } from '../../core/tinker/wire-arrays.js';
import { Refusal } from '../reward-server/refusal.js';
import type { LossFunction } from './losses.js';

/** What the model can read. */
export interface ModelSizes {
  readonly vocabSize: number;
  readonly maxPositions: number;
}

/** The names of the loss inputs in the API and in the contracts. */
const inputNames = {
  logprobs: 'oldLogprobs',
  advantages: 'advantages',
  values: 'oldValues',
  returns: 'returns',
} as const;

/**
 * The sequence of a datum. Its arrays may be as long as the response, or as long as the whole input with zeros for the
 * prompt: their length n makes the last n tokens the response. A target must be the token that follows in the input,
 * unless its weight or advantage is 0: clients put any token there. Throws a {@link Refusal} naming the datum.
 */
export function sequenceOf({ tokens, inputs }: Datum, index: number, sizes: ModelSizes): Sequence {
  const refuse = (problem: string): Refusal => new Refusal(400, `datum ${index}: ${problem}`, `data[${index}]`);
  const targets = inputs['target_tokens'];
  if (!(targets instanceof Int32Array)) throw refuse('it needs target_tokens, an array of int64');
  const count = targets.length;
  if (count < 1 || count > tokens.length)
    throw refuse(`${count} target_tokens do not fit an input of ${tokens.length} tokens`);
  if (tokens.length + 1 > sizes.maxPositions)
    throw refuse(`${tokens.length + 1} tokens are more than the ${sizes.maxPositions} of the model`);
  const all = new Int32Array(tokens.length + 1);
  all.set(tokens);
  all[tokens.length] = elementAt(targets, count - 1);
  const promptLength = tokens.length + 1 - count;
  const outside = all.find((id) => id < 0 || id >= sizes.vocabSize);
  if (outside !== undefined) throw refuse(`token ${outside} is not in the vocabulary of ${sizes.vocabSize}`);
  const { weights, advantages } = inputs;
  const counts = (t: number): boolean => weights?.[t] !== 0 && advantages?.[t] !== 0;
  const other = targets.findIndex((id, t) => id !== all[promptLength + t] && counts(t));
  if (other >= 0) throw refuse(`target_tokens[${other}] is not the token that follows in the input`);
  return { tokens: all, promptLength };
}

/** The same with what its loss needs; weights are 1 where it has none. Throws a {@link Refusal} naming the datum. */
export function trainingSequenceOf(
  datum: Datum,
  index: number,
  { sizes, loss }: { readonly sizes: ModelSizes; readonly loss: LossFunction },
): TrainingSequence {
  const sequence = sequenceOf(datum, index, sizes);
  const count = sequence.tokens.length - sequence.promptLength;
  const read = (name: string): Float32Array => floatsOf(datum.inputs[name], count, `datum ${index}: ${name}`);
  const weights = datum.inputs['weights'] === undefined ? new Float32Array(count).fill(1) : read('weights');
  const inputs = Object.entries(inputNames).filter(([name]) => loss.inputs.includes(name));
  return { ...sequence, weights, inputs: Object.fromEntries(inputs.map(([name, own]) => [own, read(name)])) };
}

function floatsOf(array: WireArray | undefined, count: number, what: string): Float32Array {
  if (array?.length !== count)
    throw new Refusal(400, `${what} has ${array?.length ?? 'no'} numbers, target_tokens has ${count}`);
  const bad = array.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new Refusal(400, `${what}[${bad}] is ${elementAt(array, bad)}, not a finite number`);
  return array instanceof Float32Array ? array : Float32Array.from(array);
}

/** Weights as SkyRL's critic counts them: no sequence has more than 1 in all. */
export function sequenceMean(sequence: TrainingSequence): TrainingSequence {
  const total = sequence.weights.reduce((sum, w) => sum + w, 0);
  return total <= 1 ? sequence : { ...sequence, weights: sequence.weights.map((w) => w / total) };
}
