import { notANumber } from './errors.js';
import type { Outcome, Rule, Values } from './contracts.js';

/** The number of a setting. Throws ORZ_CONFIG_INVALID for what is none. */
export function numberOf(values: Values, key: string): number {
  const value = values.get(key);
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw notANumber(key, value);
  return number;
}

/** A number that means the same here. */
export const number =
  (path: string): Rule =>
  (_, values, key) => ({ kind: 'same', settings: { [path]: numberOf(values, key) } });

/** A number for which −1 stands for none elsewhere, 0 here. */
export const atLeastZero =
  (path: string): Rule =>
  (_, values, key) =>
    outcome({ [path]: Math.max(0, numberOf(values, key)) });

/** Anything that means the same here. */
export const same =
  (path: string): Rule =>
  (value) => ({ kind: 'same', settings: { [path]: value } });

/** The weight of an entropy bonus; 0 for none. */
export const entropyBonus: Rule = (_, values, key) => {
  const coefficient = numberOf(values, key);
  return coefficient === 0
    ? { kind: 'same', text: 'off here as well' }
    : outcome({ 'entropy.type': 'bonus', 'entropy.coefficient': coefficient });
};

/** The loss of the policy by the name it has elsewhere; only that of PPO keeps its clip range. */
export const policyLoss =
  (ofPpo: string): Rule =>
  (value) =>
    value === ofPpo
      ? { kind: 'same', text: 'the same here' }
      : {
          kind: 'none',
          text: 'choose it by hand: policyLoss gspo and cispo have ranges of their own; see docs/algorithms.md',
        };

/** What sets something that means something else here. */
export const differs =
  (path: string, text: string): Rule =>
  (value) => ({ kind: 'differs', settings: { [path]: value }, text });

export const none =
  (text: string): Rule =>
  () => ({ kind: 'none', text });

/** What is switched off by one of `offs`, as it is here, and has no counterpart otherwise. */
export const offOnly =
  (offs: readonly unknown[], text: string): Rule =>
  (value) =>
    offs.includes(value) ? { kind: 'same', text: 'off here as well' } : { kind: 'none', text };

/** What counts together with another setting, whose outcome has it. */
export const counted =
  (path: string): Rule =>
  () => ({ kind: 'same', text: `counted in ${path}` });

/** The sum of settings and texts as one outcome; it `differs` if there is a text. */
export const outcome = (settings: Readonly<Record<string, unknown>>, text?: string): Outcome => ({
  kind: text === undefined ? 'same' : 'differs',
  settings,
  ...(text !== undefined && { text }),
});

/** Settings that go with an advantage without a critic. */
export const withoutCritic = { criticUpdateSteps: 0, whitenAdvantages: false };

/** REINFORCE++: no baseline, whitened over the batch. */
export const whitenedReinforce = { 'advantage.type': 'reinforce', ...withoutCritic, whitenAdvantages: true };

/** The mean reward of the other samples as baseline. */
export const leaveOneOut = { 'advantage.type': 'rloo' };

/** A setting of GAE, not used with another value of `estimator`. */
export const ofGae =
  (estimator: string, path: string): Rule =>
  (value, values, key) =>
    values.get(estimator) === 'gae' ? number(path)(value, values, key) : { kind: 'same', text: 'not used' };

/** The discount of GAE; estimators in `discounting` have one elsewhere and none here. */
export const gamma =
  (estimator: string, discounting: readonly unknown[]): Rule =>
  (value, values, key) =>
    discounting.includes(values.get(estimator))
      ? offOnly([1], 'rewards are discounted with advantage=gae only')(value, values, key)
      : ofGae(estimator, 'advantage.gamma')(value, values, key);

/** Number of updates per iteration from responses and the size of one update, both in responses. */
export function updatesOf(responses: number, perUpdate: number): { readonly steps: number; readonly text?: string } {
  const steps = Math.max(1, Math.round(responses / perUpdate));
  const text =
    steps * perUpdate === responses
      ? undefined
      : `${responses} responses are no multiple of ${perUpdate}: here they are divided into ${steps} equal parts`;
  return text === undefined ? { steps } : { steps, text };
}

/** A schedule of the learning rate; here it is constant after warm-up. */
export const schedule = (constant: readonly unknown[]): Rule =>
  offOnly(constant, 'the learning rate is constant after its warm-up here');
