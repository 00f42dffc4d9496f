import { OrzError } from '../errors.js';

/** A number of a tensor [B][T] that is NaN or infinite, at rollout `sample` and response token `token`. */
export const notFinite = (
  tensor: string,
  value: number,
  { sample, token }: { readonly sample: number; readonly token: number },
  origin = `${tensor}[${sample}][${token}]`,
): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `${tensor} of rollout ${sample} is ${value} at response token ${token}`, {
    value: String(value),
    allowed: 'finite numbers',
    origin,
    location: { tensor, sample, token },
    remedy:
      'Look at this rollout; a learning rate that is too high or a reward that divides by zero are common causes.',
  });

export const explainedVarianceNotFinite = (value: number): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `Explained variance is ${value}: values or returns are not finite`, {
    value: String(value),
    origin: 'values and returns of this step',
    remedy: 'Check both with requireFinite to find the rollout and token.',
  });

/** Two arrays that should be aligned entry by entry; `where` names the function that got them. */
export const lengthsDiffer = (where: string, a: number, b: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `"${where}" got arrays of ${a} and ${b} entries`, {
    value: [a, b],
    allowed: 'arrays of equal length',
    remedy: 'Pass arrays aligned entry by entry.',
  });

/** A coefficient outside its range, as `[minimum, maximum]`. */
export const outOfRange = (name: string, value: number, [low, high]: readonly [number, number]): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `"${name}" is ${value}`, {
    value,
    allowed: `${low} to ${high}`,
    origin: name,
    remedy: `Choose ${name} between ${low} and ${high}.`,
  });

/** A group advantage in a batch that has one sample per prompt. */
export const nothingToCompare = (advantage: string): OrzError =>
  new OrzError(
    'ORZ_GROUP',
    `The advantage "${advantage}" compares samples of one prompt, but every prompt has a single sample`,
    {
      value: 1,
      allowed: 'at least 2 samples per prompt',
      origin: 'samplesPerPrompt',
      remedy: 'Set samplesPerPrompt to 2 or more, or choose an advantage with a critic: advantage=gae.',
    },
  );

export const missingRowLength = (): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', 'Averaging per packed row needs the length of a row', {
    allowed: 'a positive number of tokens',
    origin: 'packedRowTokens',
    remedy: 'Set packedRowTokens, or average by token-mean.',
  });

export const missingResponseLimit = (): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', 'Averaging over a constant length needs that length', {
    allowed: 'a positive number of tokens',
    origin: 'maxResponseTokens',
    remedy: 'Set maxResponseTokens, or average by token-mean.',
  });

/** A sequence of `length` tokens that no packed row can hold. */
export const sequenceTooLong = (index: number, length: number, rowTokens: number): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `Sequence ${index} has ${length} tokens, a packed row holds ${rowTokens}`, {
    value: rowTokens,
    allowed: `at least ${length}`,
    origin: 'packedRowTokens',
    remedy: 'Raise packedRowTokens to the longest prompt plus the longest response.',
  });

/** Counts for pass@k that contradict each other. */
export const impossibleCounts = (samples: number, correct: number, k: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `Asked for pass@${k} of ${correct} correct among ${samples} samples`, {
    value: { samples, correct, k },
    allowed: 'integers with 0 <= correct <= samples and 1 <= k <= samples',
    remedy: 'Count the samples of one problem.',
  });

export const invalidStep = (step: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `Asked for the learning rate of optimizer step ${step}`, {
    value: step,
    allowed: 'integers from 1 on',
    remedy: 'Count optimizer steps from 1.',
  });
