import type { Rollout, WeightVersion } from '../../contracts/data.js';
import { OrzError } from '../../errors.js';
import { differences } from '../metrics/differences.js';

/** What must hold in every iteration, whatever sampler, engine or plugin is used. Each throws before anything is updated. */

/** Throws ORZ_STALE_WEIGHTS unless every response was drawn from weights of version `expected`. */
export function requireFreshRollouts(rollouts: readonly Rollout[], expected: WeightVersion): void {
  const stale = rollouts.find(({ weightVersion }) => weightVersion !== expected);
  if (stale)
    throw staleWeights(
      `Rollout ${stale.index} (problem "${stale.problem.id}") was drawn from weight version ${stale.weightVersion}, the policy is at weight version ${expected}`,
      stale.weightVersion,
      expected,
    );
}

/** Throws ORZ_STALE_WEIGHTS unless a sync has brought the sampler to version `expected`, by what it returned and by what it says now. */
export function requireSynchronised(
  reported: WeightVersion,
  sampler: { readonly version: WeightVersion },
  expected: WeightVersion,
): void {
  const stale = [reported, sampler.version].find((version) => version !== expected);
  if (stale !== undefined)
    throw staleWeights(
      `After a sync the sampler is at weight version ${stale}, the policy at weight version ${expected}`,
      stale,
      expected,
    );
}

function staleWeights(message: string, value: WeightVersion, expected: WeightVersion): OrzError {
  return new OrzError('ORZ_STALE_WEIGHTS', message, {
    value,
    allowed: String(expected),
    origin: 'sampler',
    remedy:
      'This is a fault of the sampler: it must take over the weights at every sync and stamp each completion with their version.',
  });
}

/**
 * Throws ORZ_SAMPLER_MISMATCH if sampler and trainer differ by more than `limit` nats on average over the tokens they both scored. A sampler that holds old
 * weights in spite of what it reports, uses another temperature, or gives completions to the wrong prompt shows here and nowhere else.
 */
export function requireAgreement(rollouts: readonly Rollout[], logprobs: readonly Float32Array[], limit: number): void {
  const { meanAbsolute } = differences(
    rollouts.map((r) => r.samplerLogprobs),
    logprobs,
  );
  if (meanAbsolute <= limit) return;
  const gaps = rollouts.map((r, b) => differences([r.samplerLogprobs], [logprobs[b]!]).meanAbsolute);
  const worst = rollouts[gaps.indexOf(Math.max(...gaps))]!;
  throw new OrzError(
    'ORZ_SAMPLER_MISMATCH',
    `Sampler and trainer differ by ${meanAbsolute.toPrecision(3)} nats on average about the log-probabilities of the same tokens, most in rollout ${worst.index} (problem "${worst.problem.id}")`,
    {
      value: meanAbsolute,
      allowed: `at most ${limit} (guards.maxLogprobGap)`,
      origin: 'sampler and policy',
      remedy: 'Nothing was updated. Check the weights, the temperature and the order of completions of the sampler.',
    },
  );
}
