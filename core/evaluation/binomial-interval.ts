import { statisticsInputError } from './errors.js';
import { incompleteBeta } from './incomplete-beta.js';

/** Probability beyond each bound of an interval. */
const sideTail = 0.025;

/**
 * The 95 % interval of Clopper and Pearson (1934) for a share, from `right` of `samples` independent draws: the chances
 * under which so many right ones, or more (or fewer), still have a probability of 2.5 %. It holds the true share in at
 * least 95 % of all cases whatever that share is, and has width at 0 and at `samples` of them, too: 0 of 64 gives 0 to
 * 5.6 %.
 */
export function binomialInterval(right: number, samples: number): readonly [low: number, high: number] {
  if (!(Number.isInteger(right) && Number.isInteger(samples) && samples >= 1 && right >= 0 && right <= samples))
    throw statisticsInputError('A share needs whole numbers', { right, samples });
  const low = right === 0 ? 0 : betaQuantile(sideTail, right, samples - right + 1);
  const high = right === samples ? 1 : 1 - betaQuantile(sideTail, samples - right, right + 1);
  return [low, high];
}

/** The x at which I_x(a, b) reaches `tail`, by bisection. */
function betaQuantile(tail: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, 1 - middle, a, b) < tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
