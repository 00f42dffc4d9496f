import { verdicts } from '../../contracts/data.js';
import type { Problem } from '../../contracts/data.js';
import type { Contract } from '../guard.js';
import { plainJson } from '../plain-json.js';
import { frozen } from '../lending.js';
import { hook, nothing, shaped, shapedBy, sync, work } from '../results.js';
import { flag, list, name, object, oneOf, optional, record, refuse, text, whole, type Shape } from '../shapes.js';

/** Contracts of rewards: the module that a plugin provides, and the pool that grades with it. */

/**
 * Largest magnitude of a reward. Training computes in float32, whose squares and sums over a batch must not overflow:
 * a square of 1e12 leaves room for sums over 1e26 tokens.
 */
export const largestReward = 1e6;

export const rewardValue: Shape<number> = (number, path) =>
  typeof number === 'number' && Math.abs(number) <= largestReward
    ? number
    : refuse(path, number, `a number from -${largestReward} to ${largestReward}`);

/** One result: what training, metrics, sinks and files rely on. */
export const rewardResult: Shape = record({
  value: rewardValue,
  verdict: oneOf(verdicts),
  answer: optional(text),
  detail: optional((detail, path) => plainJson(object(detail, path), path)),
});

export const rewardResults = (rollouts: number): Shape => list(rewardResult, rollouts);

export const answerCheck: Shape = (check, path) => {
  const { gradable } = record({ gradable: flag })(check, path);
  const { reason } = gradable === true ? {} : record({ reason: text })(check, path);
  return gradable === true ? { gradable } : { gradable, reason };
};

/** Settings for a thread. */
export const cloneable: Shape = (settings, path) => {
  try {
    return structuredClone(settings);
  } catch {
    return refuse(path, settings, 'data that can be sent to a thread: no functions');
  }
};

export const reward: Contract = {
  fields: { moduleUrl: name, exportName: optional(name), settings: cloneable },
  methods: {},
};

export const rewardShaping: Contract = {
  fields: { name },
  methods: {
    shape: sync(
      shapedBy(([responses]) =>
        list(record({ reward: rewardValue, inLoss: flag }), (responses as readonly unknown[]).length),
      ),
      { optional: true, lend: (args) => args.map(frozen) },
    ),
  },
};

export const groupFilter: Contract = {
  fields: { name, maxCollections: whole(1) },
  methods: { keeps: sync(shaped(flag), { optional: true, lend: (args) => args.map(frozen) }) },
};

/** The threads that grade check each result, and have their own time limits. */
export const rewardPool: Contract = {
  fields: { stats: object },
  methods: {
    grade: work(shaped(list(object))),
    check: work(
      shapedBy(([problems]) => optional(list(answerCheck, (problems as readonly Problem[]).length))),
      { optional: true },
    ),
    dispose: hook(nothing),
  },
};
