import type { Loss } from '../../core/contracts/loss.js';
import type { LossReport, Sequence, TrainingSequence } from '../../core/contracts/model.js';
import type { Datum } from '../../core/tinker/protobuf.js';
import { lossInputMissing } from '../../core/compute/engine/errors.js';
import { zip } from '../../core/arrays.js';
import { policyLength } from '../../core/segments.js';
import { datumOf, type DatumInputs } from './data.js';
import { evaluateLoss, type EvaluatedLoss } from './host-loss.js';
import type { ServerKind } from './servers.js';

/** An update in the terms of a server: what `forward_backward` is told. */
export interface Update {
  readonly lossFn: string;
  readonly config: Readonly<Record<string, number>>;
  readonly data: Iterable<Datum>;
}

/** Scores under the weights of now, one row per sequence, asked for only where the server does not know the loss. */
export type CurrentScores = () => Promise<readonly Float32Array[]>;

/** An update, and what the loss is where that had to be computed here. */
export interface PlannedUpdate extends Update {
  readonly evaluated?: EvaluatedLoss;
}

/** The range of the loss of `plugins/loss-ppo`, which servers call `ppo`; they have no dual clip. */
function clipOf({ name, settings }: Loss): ClipRange | undefined {
  if (name !== 'ppo-clip' || settings['dualClip'] !== undefined) return undefined;
  const low = settings['clipEps'] as number;
  return { low, high: (settings['clipEpsHigh'] as number | undefined) ?? low };
}

interface ClipRange {
  readonly low: number;
  readonly high: number;
}

/**
 * An update of a policy whose gradient is that of the loss, Σ weights · ℓ, whatever the server averages over. `ppo` is
 * sent as such; of any other loss, and of the KL term, ∂loss/∂logprob is computed here and sent as weights.
 */
export async function policyUpdate(
  kind: ServerKind,
  loss: Loss,
  sequences: readonly TrainingSequence[],
  currentScores: CurrentScores,
): Promise<PlannedUpdate> {
  const clip = clipOf(loss);
  const positive = sequences.every(({ weights }) => weights.every((w) => w >= 0));
  if (clip !== undefined && (positive || takesWeights(kind)))
    return { lossFn: 'ppo', config: thresholds(clip), data: ppoData(kind, sequences, loss.name) };
  const logprobs = await currentScores();
  const evaluated = evaluateLoss(loss, 'logprobs', sequences, logprobs);
  if (kind.policyReduction === 'sum') {
    const data = dataOf(kind, sequences, (_, i) => ({ weights: negated(evaluated.slopes[i]) }));
    return { lossFn: 'cross_entropy', config: {}, data, evaluated };
  }
  // A mean over weights would divide by their sum, so the slopes go where they are only multiplied: at a ratio of 1 the
  // gradient of −ρA is −A ∇logprob.
  const data = dataOf(kind, sequences, (sequence, i) => ({
    weights: ones(sequence),
    logprobs: logprobs[i] ?? new Float32Array(),
    advantages: scaled(negated(evaluated.slopes[i]), meanFactor(sequence, sequences)),
  }));
  return { lossFn: 'importance_sampling', config: {}, data, evaluated };
}

/**
 * An update of a critic. The squared error, clipped or not, is sent as such; of any other loss ∂loss/∂value is sent as
 * the squared error of targets that have this slope. Each weight is multiplied by `factor`.
 */
export async function criticUpdate(
  kind: ServerKind,
  loss: Loss,
  { sequences, factor }: { readonly sequences: readonly TrainingSequence[]; readonly factor: number },
  currentScores: CurrentScores,
): Promise<PlannedUpdate> {
  const lossFn = kind.criticReduction === 'sum' ? 'value_sum' : 'ppo_critic';
  if (loss.name === 'value' && loss.settings['huberDelta'] === undefined) {
    const clip = loss.settings['valueClipEps'];
    const data = dataOf(kind, sequences, ({ weights, inputs }) => ({
      weights: scaled(weights, factor),
      values: required(inputs.oldValues ?? (clip === undefined ? inputs.returns : undefined), 'oldValues', loss.name),
      returns: required(inputs.returns, 'returns', loss.name),
    }));
    return { lossFn, config: clipConfig(lossFn, clip as number | undefined), data };
  }
  const values = await currentScores();
  const evaluated = evaluateLoss(loss, 'values', sequences, values);
  // One weight for all keeps what rounding costs a small slope in proportion to the largest.
  const weight = evaluated.slopes.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0) || 1;
  const data = dataOf(kind, sequences, (sequence, i) => {
    const now = values[i] ?? new Float32Array();
    const slopes = evaluated.slopes[i];
    return {
      weights: scaled(ones(sequence), weight * factor),
      values: now,
      returns: now.map((value, t) => value - (slopes?.[t] ?? 0) / weight),
    };
  });
  return { lossFn, config: clipConfig(lossFn, undefined), data, evaluated };
}

/** What only scores: any loss that needs no gradient. */
export const forwardData = (kind: ServerKind, sequences: readonly Sequence[]): Iterable<Datum> =>
  dataOf(kind, sequences, (sequence) => ({ weights: ones(sequence) }));

/** A report of the loss at the scores that the server had when it computed the gradient. */
export const reportAt = (
  loss: Loss,
  sequences: readonly TrainingSequence[],
  logprobs: readonly Float32Array[],
): LossReport => evaluateLoss(loss, 'logprobs', sequences, logprobs);

/** Whether the loss `ppo` of the server multiplies each token by a weight and adds up. */
const takesWeights = ({ name, policyReduction }: ServerKind): boolean => name !== 'hosted' && policyReduction === 'sum';

/** Advantages carry the weights where the server has none of its own, or divides by their sum. */
function ppoData(kind: ServerKind, sequences: readonly TrainingSequence[], loss: string): Iterable<Datum> {
  return dataOf(kind, sequences, (sequence) => {
    const { weights, inputs } = sequence;
    const logprobs = required(inputs.oldLogprobs, 'oldLogprobs', loss);
    const advantages = required(inputs.advantages, 'advantages', loss);
    if (takesWeights(kind)) return { weights, logprobs, advantages };
    const factor = kind.policyReduction === 'sum' ? 1 : meanFactor(sequence, sequences);
    const carried = advantages.map((a, t) => a * (weights[t] ?? 0) * factor);
    return { logprobs, advantages: carried, ...(kind.name !== 'hosted' && { weights: ones(sequence) }) };
  });
}

/** What undoes a mean over the tokens of a sequence, then over sequences. */
const meanFactor = (sequence: Sequence, sequences: readonly Sequence[]): number =>
  policyLength(sequence) * sequences.length;

function* dataOf<S extends Sequence>(
  kind: ServerKind,
  sequences: readonly S[],
  inputsOf: (sequence: S, index: number) => DatumInputs,
): Generator<Datum> {
  for (const [sequence, , i] of zip(sequences, sequences))
    yield datumOf(sequence, inputsOf(sequence, i), kind.shortData);
}

/** Ratios, not distances from 1. */
const thresholds = ({ low, high }: ClipRange) => ({ clip_low_threshold: 1 - low, clip_high_threshold: 1 + high });

/** SkyRL's critic has a limit of its own where none is given; this one is never reached. */
const noClip = 1e9;

const clipConfig = (lossFn: string, clip: number | undefined): Readonly<Record<string, number>> => {
  if (clip !== undefined) return { value_clip: clip };
  return lossFn === 'ppo_critic' ? { value_clip: noClip } : {};
};

const ones = (sequence: Sequence): Float32Array => new Float32Array(policyLength(sequence)).fill(1);
const scaled = (row: Float32Array, factor: number): Float32Array => (factor === 1 ? row : row.map((x) => x * factor));
const negated = (row: Float32Array = new Float32Array()): Float32Array => row.map((x) => -x);

function required(row: Float32Array | undefined, name: string, loss: string): Float32Array {
  if (!row) throw lossInputMissing(loss, name);
  return row;
}
