import { elementAt } from '../../../core/arrays.js';
import type { RandomStream } from '../../../core/random.js';

/** Questions of known difficulty, from which synthetic data sets are drawn. */
export interface Population {
  readonly name: string;
  /** Chances of a right response, and the cumulative shares of questions that have them. */
  readonly chances: readonly number[];
  readonly cumulative: readonly number[];
}

export function mixture(name: string, chances: readonly number[], weights: readonly number[]): Population {
  const total = weights.reduce((a, b) => a + b, 0);
  let below = 0;
  return { name, chances, cumulative: weights.map((weight) => (below += weight / total)) };
}

export const constant = (chance: number): Population => mixture(`always ${chance}`, [chance], [1]);

/** A share `mean` of easy questions; how far easy and hard are apart is `spread`. */
export const twoKinds = (mean: number, spread: number): Population =>
  mixture(
    `two kinds, mean ${mean}, spread ${spread}`,
    [mean * (1 - spread), mean * (1 - spread) + spread],
    [1 - mean, mean],
  );

/** On a grid of log-odds, where the density x^a (1 − x)^b has no pole. */
export function beta(mean: number, concentration: number): Population {
  const [a, b] = [mean * concentration, (1 - mean) * concentration];
  const logits = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 10);
  const logChance = (logit: number): number => -Math.log1p(Math.exp(-logit));
  return mixture(
    `Beta, mean ${mean}, concentration ${concentration}`,
    logits.map((logit) => Math.exp(logChance(logit))),
    logits.map((logit) => Math.exp(a * logChance(logit) + b * logChance(-logit))),
  );
}

export function logitNormal(centre: number, deviation: number): Population {
  const steps = Array.from({ length: 1201 }, (_, i) => (i - 600) / 100);
  return mixture(
    `logit normal ${centre} ± ${deviation}`,
    steps.map((z) => 1 / (1 + Math.exp(-centre - deviation * z))),
    steps.map((z) => Math.exp((-z * z) / 2)),
  );
}

/** Mean over the population of a function of the chance. */
export const truthOf = ({ chances, cumulative }: Population, value: (chance: number) => number): number =>
  chances.reduce((sum, chance, i) => sum + (elementAt(cumulative, i) - (cumulative[i - 1] ?? 0)) * value(chance), 0);

export function drawChance({ chances, cumulative }: Population, uniform: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elementAt(cumulative, middle) > uniform) high = middle;
    else low = middle + 1;
  }
  return elementAt(chances, low);
}

/** A binomial count by inversion of its distribution. */
export function binomial(n: number, p: number, uniform: number): number {
  if (p >= 1) return n;
  let mass = (1 - p) ** n;
  let below = mass;
  let count = 0;
  while (uniform >= below && count < n) {
    mass *= ((n - count) / (count + 1)) * (p / (1 - p));
    below += mass;
    count++;
  }
  return count;
}

export interface Design {
  readonly questions: number;
  readonly samples: number;
}

/** Right responses of each question of one data set. */
export function drawCounts(
  stream: RandomStream,
  population: Population,
  set: number,
  { questions, samples }: Design,
): number[] {
  return Array.from({ length: questions }, (_, question) => {
    const chance = drawChance(population, stream.uniform(set, question, 0));
    return binomial(samples, chance, stream.uniform(set, question, 1));
  });
}
