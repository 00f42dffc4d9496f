import type { Segment } from '../../contracts/data.js';
import type { CollectRequest, GradedRollouts, LoopParts } from '../../contracts/loop.js';
import { tokensFrom } from '../../segments.js';
import type { Contract, Method } from '../guard.js';
import { frozen } from '../lending.js';
import { nothing, shaped, shapedBy, work } from '../results.js';
import {
  dictionary,
  finite,
  flag,
  floats,
  integers,
  list,
  notNegative,
  object,
  oneOf,
  optional,
  record,
  refuse,
  rows,
  text,
  whole,
  type Shape,
} from '../shapes.js';
import { finiteRows } from './learning.js';
import { rewardResults } from './rewards.js';
import { directive } from './sinks.js';

/** Contracts of the parts of the loop, for those that a plugin replaces. */

const problem = record({ id: text, prompt: text, answer: text });

/** Segments that add up to the response; one or more of them from the policy. */
const segmentsOf =
  (responseTokens: number): Shape<readonly Segment[]> =>
  (value, path) => {
    const segment = record({ source: oneOf(['policy', 'environment']), length: whole(1) });
    const segments = list(segment)(value, path) as unknown as readonly Segment[];
    const written = tokensFrom('policy', segments);
    if (written > 0 && written + tokensFrom('environment', segments) === responseTokens) return segments;
    return refuse(path, value, `segments that add up to the ${responseTokens} response tokens, one from the policy`);
  };

/** Rollouts go by reference: others compare them with what the sampler gave. */
const rollout: Shape = (value, path) => {
  const { responseTokens } = record({
    index: whole(),
    problem,
    promptTokens: integers(),
    responseTokens: integers(),
    text,
    stopReason: oneOf(['stop', 'length']),
    weightVersion: whole(),
  })(value, path);
  const all = value as { samplerLogprobs?: unknown; segments?: unknown };
  const segments = segmentsOf((responseTokens as Int32Array).length)(all.segments, `${path}.segments`);
  floats(tokensFrom('policy', segments))(all.samplerLogprobs, `${path}.samplerLogprobs`);
  return value;
};

const graded: Shape = (value, path) => {
  const { rollouts } = record({ rollouts: list(rollout) })(value, path) as { rollouts: readonly unknown[] };
  return record({
    rollouts: () => rollouts,
    results: rewardResults(rollouts.length),
    greedyRewards: optional(floats(rollouts.length)),
  })(value, path);
};

/** Tokens of the policy, which every array per token is as long as. */
const lengthsOf = (rollouts: GradedRollouts['rollouts']): number[] =>
  rollouts.map(({ samplerLogprobs }) => samplerLogprobs.length);

/** Rows for as many rollouts as the batch itself has: a part may leave out whole groups. */
const scoredFields = (rollouts: GradedRollouts['rollouts']) => {
  const lengths = lengthsOf(rollouts);
  return {
    sequences: list(object, rollouts.length),
    groups: integers(rollouts.length),
    oldLogprobs: finiteRows('log-probability', lengths),
    unscored: optional(flag),
    entropy: optional(finiteRows('entropy', lengths)),
    refLogprobs: optional(finiteRows('reference log-probability', lengths)),
    correction: optional(finiteRows('sampler correction', lengths)),
    oldValues: optional(finiteRows('value', lengths)),
  };
};

const scored: Shape = (value, path) => {
  const base = graded(value, path) as GradedRollouts;
  return record(scoredFields(base.rollouts))(base, path);
};

const estimated: Shape = (value, path) => {
  const base = graded(value, path) as GradedRollouts;
  const lengths = lengthsOf(base.rollouts);
  return record({
    ...scoredFields(base.rollouts),
    rewards: floats(base.rollouts.length),
    inLoss: optional(list(flag, base.rollouts.length)),
    rawAdvantages: finiteRows('advantage', lengths),
    advantages: finiteRows('advantage', lengths),
    returns: finiteRows('return', lengths),
    penalties: optional(rows(lengths)),
  })(base, path);
};

const report = record({ loss: finite, metrics: dictionary(finite), gradNorm: notNegative, learningRate: notNegative });

const number: Shape = (value, path) => (value === null || typeof value === 'string' ? value : finite(value, path));
const figure: Shape = (value, path) =>
  typeof value === 'object' && value !== null ? dictionary(finite)(value, path) : number(value, path);

const evaluationReport: Shape = (value, path) =>
  record({ reward: finite, responseLength: finite, stopReasons: dictionary(finite) })(
    dictionary(figure)(value, path),
    path,
  );

const sample = record({ problem: text, answer: text, response: text, verdict: text, reward: finite });
const evaluation = record({ reports: dictionary(evaluationReport), samples: list(sample) });

/** An evaluation needs the responses to every problem; a batch to train on may lack whole groups. */
const collected = ({ problems, samples, iteration }: CollectRequest): Shape => {
  const all = problems.length * samples;
  return (value, path) => {
    const batch = graded(value, path) as GradedRollouts;
    const { length } = batch.rollouts;
    if (iteration === undefined && length !== all) return refuse(`${path}rollouts`, batch.rollouts, `${all} rollouts`);
    return length % samples === 0 ? batch : refuse(`${path}rollouts`, batch.rollouts, `whole groups of ${samples}`);
  };
};

/** What a part gets is used by the parts after it. */
const lending: Pick<Method, 'lend' | 'keeps'> = { lend: (args) => args.map(frozen), keeps: (args) => args };

export const loopContracts: Readonly<Record<keyof LoopParts, Contract>> = {
  collector: {
    fields: {},
    methods: { collect: work(shapedBy(([request]) => collected(request as CollectRequest))) },
  },
  scorer: { fields: {}, methods: { score: work(shaped(scored), lending) } },
  estimator: { fields: {}, methods: { estimate: work(shaped(estimated), lending) } },
  updater: { fields: {}, methods: { update: work(shaped(report), lending) } },
  evaluator: { fields: {}, methods: { evaluate: work(shaped(evaluation)) } },
  recorder: {
    fields: {},
    methods: {
      record: work(shaped(directive), lending),
      recordEvaluation: work(nothing, lending),
    },
  },
  checkpointer: {
    fields: { pending: flag },
    methods: {
      beginBase: work(nothing),
      saveBaseEvaluation: work(nothing),
      begin: work(nothing),
      saveFinal: work(nothing),
      settle: work(nothing),
    },
  },
};
