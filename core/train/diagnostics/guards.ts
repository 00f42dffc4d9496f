import { elementAt, zip } from '../../arrays.js';
import type { Rollout, WeightVersion } from '../../contracts/data.js';
import { differences } from '../metrics/differences.js';
import { samplerMismatch, samplerMismatchInStep, samplerNotSynchronised, staleRollout } from './errors.js';

/**
 * What must hold in every iteration, whatever sampler, engine or plugin is used. Each throws before anything is
 * updated.
 */

/** Throws ORZ_STALE_WEIGHTS unless every response was drawn from weights of version `expected`. */
export function requireFreshRollouts(rollouts: readonly Rollout[], expected: WeightVersion): void {
  const stale = rollouts.find(({ weightVersion }) => weightVersion !== expected);
  if (stale) throw staleRollout(stale, expected);
}

/**
 * Throws ORZ_STALE_WEIGHTS unless a sync has brought the sampler to version `expected`, according to both its result
 * and the sampler.
 */
export function requireSynchronised(
  reported: WeightVersion,
  sampler: { readonly version: WeightVersion },
  expected: WeightVersion,
): void {
  const stale = [reported, sampler.version].find((version) => version !== expected);
  if (stale !== undefined) throw samplerNotSynchronised(stale, expected);
}

/**
 * Throws ORZ_SAMPLER_MISMATCH if sampler and trainer differ by more than `limit` nats on average over the tokens they
 * both scored. A sampler that holds old weights despite what it reports, uses another temperature, or assigns
 * completions to the wrong prompt shows up only here.
 */
export function requireAgreement(rollouts: readonly Rollout[], logprobs: readonly Float32Array[], limit: number): void {
  const sampled = rollouts.map((rollout) => rollout.samplerLogprobs);
  const { meanAbsolute } = differences(sampled, logprobs);
  if (meanAbsolute <= limit) return;
  const gaps = Array.from(zip(sampled, logprobs), ([a, b]) => differences([a], [b]).meanAbsolute);
  throw samplerMismatch(meanAbsolute, limit, elementAt(rollouts, gaps.indexOf(Math.max(...gaps))));
}

/**
 * The same guard where no score pass came first: throws ORZ_SAMPLER_MISMATCH if the mean difference that the policy's
 * step has measured is above `limit`. The policy has not been updated then.
 */
export function requireStepAgreement(gap: number, limit: number): void {
  if (!(gap <= limit)) throw samplerMismatchInStep(gap, limit);
}
