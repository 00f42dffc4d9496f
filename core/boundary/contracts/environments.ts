import type { Contract } from '../guard.js';
import { hook, nothing, shaped, work } from '../results.js';
import { anything, flag, having, list, name, object, optional, record, refuse, whole, type Shape } from '../shapes.js';
import { cloneable, rewardValue } from './rewards.js';

/** Contracts of environments: the module that a plugin provides, what it makes, and the pool that steps it. */

/** Turns beyond which the keys of an iteration could run out. */
export const largestTurnLimit = 1024;

export const environment: Contract = {
  fields: { moduleUrl: optional(name), exportName: optional(name), settings: cloneable },
  methods: {},
};

const observation: Shape = (value, path) =>
  typeof value === 'string' || value instanceof Int32Array ? value : refuse(path, value, 'a text or an Int32Array');

/** What the loop needs to know of an environment before it asks for a step. */
export const environmentFactsShape: Shape = record({ name, stop: list(name), maxTurns: whole(1, largestTurnLimit) });

export const episode: Shape = having({ observation: optional(observation) });

export const environmentStep: Shape = (value, path) => {
  const { done } = record({ done: flag })(value, path);
  const fields = { done: flag, reward: optional(rewardValue) };
  return record(done === true ? fields : { ...fields, observation })(value, path);
};

const poolStep: Shape = record({ done: anything, observation: optional(observation), reward: optional(rewardValue) });

/** The threads check each step, and have their own time limits. */
export const environmentPool: Contract = {
  fields: { stop: list(name), maxTurns: whole(1), stats: object },
  methods: { step: work(shaped(poolStep)), dispose: hook(nothing) },
};
