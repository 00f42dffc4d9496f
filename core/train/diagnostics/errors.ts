import type { Rollout, WeightVersion } from '../../contracts/data.js';
import { OrzError } from '../../errors.js';
import { shellQuote } from '../../shell-quote.js';

/** The errors of the guards, of the canary, and of recorded failures. */

export function staleRollout(rollout: Rollout, expected: WeightVersion): OrzError {
  const { index, problem, weightVersion } = rollout;
  const drawn = `Rollout ${index} (problem "${problem.id}") was drawn from weight version ${weightVersion}`;
  return staleWeights(`${drawn}, the policy is at weight version ${expected}`, weightVersion, expected);
}

export function samplerNotSynchronised(version: WeightVersion, expected: WeightVersion): OrzError {
  const message = `After a sync the sampler is at weight version ${version}, the policy at weight version ${expected}`;
  return staleWeights(message, version, expected);
}

function staleWeights(message: string, value: WeightVersion, expected: WeightVersion): OrzError {
  return new OrzError('ORZ_STALE_WEIGHTS', message, {
    value,
    allowed: String(expected),
    origin: 'sampler',
    remedy:
      'Correct the sampler: it must take over the weights at every sync and stamp completions with their version.',
  });
}

export function samplerMismatch(gap: number, limit: number, worst: Rollout): OrzError {
  return mismatch({ gap, limit, where: `, most in rollout ${worst.index} (problem "${worst.problem.id}")` });
}

/** Found by the policy's step, after that of the critic. */
export const samplerMismatchInStep = (gap: number, limit: number): OrzError =>
  mismatch({ gap, limit, where: ' in the step of the policy' });

function mismatch({ gap, limit, where }: { gap: number; limit: number; where: string }): OrzError {
  const difference = `differ by ${gap.toPrecision(3)} nats on average`;
  const message = `Sampler and trainer ${difference} on the log-probabilities of the same tokens${where}`;
  return new OrzError('ORZ_SAMPLER_MISMATCH', message, {
    value: gap,
    allowed: `at most ${limit} (guards.maxLogprobGap)`,
    origin: 'sampler and policy',
    remedy: 'Check the weights, the temperature and the order of completions of the sampler; the policy is unchanged.',
  });
}

export function canaryMoved(what: string): OrzError {
  return new OrzError('ORZ_CANARY', `Learning rates are 0, yet ${what}`, {
    origin: 'guards.canary',
    remedy: 'Find what in the engine, the optimizer, the sampler or a plugin changes it: it would corrupt a real run.',
  });
}

/** The same failure, known to come from one response, and perhaps from one of its tokens. */
export function failureOfOneResponse(
  failure: OrzError,
  rollout: string,
  { tensor, sample, token }: { readonly tensor: string; readonly sample: number; readonly token: number | undefined },
): OrzError {
  const part = token === undefined ? '' : `response token ${token} of `;
  return new OrzError(failure.code, `${failure.message}; it comes from ${part}one response: ${rollout}`, {
    ...failure.details,
    location: { tensor, sample, ...(token !== undefined && { token }) },
  });
}

/** The same failure, with the file from which it can be replayed. */
export function recordedFailure(failure: OrzError, weightFault: string | undefined, file: string): OrzError {
  const { remedy = 'Nothing was updated.', origin } = failure.details;
  const parts = [failure.message, weightFault, origin !== undefined && `from ${origin}`];
  const message = parts.filter((part) => typeof part === 'string').join('; ');
  return new OrzError(failure.code, message, {
    ...failure.details,
    origin: file,
    remedy: `${remedy.replace(/\.?$/, '.')} To repeat the step: orz-train replay ${shellQuote(file)}`,
  });
}

/** The same failure, where its record could not be written. */
export function unrecordedFailure(failure: OrzError, cause: unknown): OrzError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OrzError(
    failure.code,
    `${failure.message} (the record for replaying it could not be written: ${why})`,
    failure.details,
  );
}

export function weightNotFinite(weightFault: string): OrzError {
  return new OrzError('ORZ_NOT_FINITE', weightFault, {
    origin: 'weights at the failure',
    remedy: 'Go back to an earlier checkpoint: with such a weight no forward pass is finite.',
  });
}

export function notAFailureRecord(origin: string, cause?: unknown): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `${origin} is not a failure record`, {
    origin,
    remedy: 'Give a file that a run wrote to its failures/ folder.',
    ...(cause === undefined ? {} : { cause }),
  });
}
