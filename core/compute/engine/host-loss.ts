import type { Loss } from '../../contracts/loss.js';
import type { LossReport } from '../../contracts/model.js';
import { gradients } from '../tensor/autodiff.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { createInterpreter } from '../tensor/interpret.js';
import { lossInputMissing } from './errors.js';
import {
  buildLoss,
  lossInputPrefix,
  metricPrefix,
  sequenceInput,
  type ScoreName,
  type ScoreTensors,
} from './loss-tensors.js';

/** Numbers per token by name. */
type Rows = Readonly<Partial<Record<ScoreName, ArrayLike<number>>>>;

/** What a loss is evaluated on, one number per token each. */
export interface LossPoint {
  readonly tokens: number;
  readonly scores: Rows;
  /** Weights and inputs by the names of the contract; undefined for one that is not there. */
  readonly input: (name: string) => ArrayLike<number> | undefined;
  /** The sequence of each token; see `sequenceInput`. */
  readonly sequence: ArrayLike<number>;
}

/** A loss at given scores, with its derivative by each of them; a score it does not read has none. */
export interface EvaluatedLoss extends LossReport {
  readonly slopes: Readonly<Partial<Record<ScoreName, Float64Array>>>;
}

/**
 * Evaluates a loss here, in double precision, at scores that are known already. A loss is a function of its scores, so
 * that its gradient by the parameters is Σ ∂loss/∂score · ∇score: with these slopes, whoever can weigh scores trains
 * with any loss. Throws ORZ_CAPABILITY for a score or an input that is not there.
 */
export function evaluateLoss(loss: Loss, { tokens, scores, input, sequence }: LossPoint): EvaluatedLoss {
  const { g, names } = differentiated(loss, Object.keys(scores) as ScoreName[], tokens);
  const valueOf = (name: string): ArrayLike<number> => {
    if (name === sequenceInput) return sequence;
    const values = scores[name as ScoreName] ?? input(name.slice(lossInputPrefix.length));
    if (!values) throw lossInputMissing(loss.name, name.slice(lossInputPrefix.length));
    return values;
  };
  const values = Object.fromEntries([...g.inputs.keys()].map((name) => [name, valueOf(name)]));
  const outputs = createInterpreter(g).execute(values);
  const metrics = Object.entries(outputs).filter(([name]) => name.startsWith(metricPrefix));
  return {
    loss: outputs['loss']?.[0] ?? 0,
    metrics: Object.fromEntries(metrics.map(([name, [value = 0]]) => [name.slice(metricPrefix.length), value])),
    slopes: Object.fromEntries(names.map((name) => [name, outputs[slopePrefix + name]])),
  };
}

const slopePrefix = 'slope/';

/** The loss as a function of its scores, with an output for each slope; `names` are those that it has a slope by. */
function differentiated(loss: Loss, scores: readonly ScoreName[], tokens: number) {
  const g = new Graph(loss.name);
  const inputs: ScoreTensors = Object.fromEntries(scores.map((name) => [name, g.input(name, [tokens])]));
  const tensors = scores.map((name) => inputs[name]).filter((t): t is Tensor => t !== undefined);
  const slopes = gradients(buildLoss(g, loss, inputs, tokens), tensors);
  const names = scores.filter((name, i) => {
    const slope = slopes[i];
    if (slope) g.output(slopePrefix + name, slope);
    return slope !== undefined;
  });
  return { g, names };
}

/** What a loss reads. */
export interface LossReads {
  /** Inputs by the names of the contract. */
  readonly inputs: readonly string[];
  /** Whether it asks for sums over sequences. */
  readonly sequences: boolean;
}

/**
 * Builds a loss and its derivative for one token: it throws what building it would throw later, ORZ_CAPABILITY if it
 * reads a score that is not among these.
 */
export function tryLoss(loss: Loss, scores: readonly ScoreName[]): LossReads {
  const { g } = differentiated(loss, scores, 1);
  const names = [...g.inputs.keys()].filter((name) => name.startsWith(lossInputPrefix));
  return { inputs: names.map((name) => name.slice(lossInputPrefix.length)), sequences: g.inputs.has(sequenceInput) };
}
