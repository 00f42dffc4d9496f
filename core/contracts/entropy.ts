import type { Graph } from '../compute/tensor/graph.js';
import type { LossControls, LossTensors, LossTerms } from './loss.js';

/** A term of the policy loss that keeps the policy from becoming certain too early, if there is one. */
export interface EntropyTerm {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly controls?: LossControls;
  /** Σ weights · term, added to the policy loss. */
  loss?(g: Graph, t: LossTensors): LossTerms;
}
