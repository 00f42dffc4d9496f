import { elementAt } from '../arrays.js';
import { statisticsInputError } from './errors.js';

/** Responses to one question whose answers are equal; an answer is right or wrong as its class is. */
export interface AnswerClass {
  readonly count: number;
  readonly right: boolean;
}

/**
 * Chance that the most frequent answer among k responses is right, averaged over all subsets of k of the `samples`
 * responses: unbiased for k votes. Responses outside all classes have no answer and do not vote; a subset without any
 * vote counts as wrong. Classes that tie for the most votes share the point equally.
 */
export function majorityAtK(classes: readonly AnswerClass[], samples: number, k: number): number {
  const silent = samples - classes.reduce((total, { count }) => total + count, 0);
  if (!(k >= 1 && k <= samples && silent >= 0)) throw statisticsInputError('Impossible vote', { classes, samples, k });
  let chance = 0;
  classes.forEach(({ count, right }, winner) => {
    if (!right) return;
    const others = classes.filter((_, i) => i !== winner).map((other) => other.count);
    for (let votes = 1; votes <= Math.min(count, k); votes++) {
      chance += winningShare(others, silent, votes, { picked: k - votes, total: samples, own: count, k });
    }
  });
  // A sum of rounded terms may end just above 1.
  return Math.min(1, chance);
}

interface Draw {
  readonly picked: number;
  readonly total: number;
  readonly own: number;
  readonly k: number;
}

/** Chance that the class has exactly `votes` votes and no other has more; a tie of t classes counts 1 / t. */
function winningShare(others: readonly number[], silent: number, votes: number, draw: Draw): number {
  const { picked, total, own, k } = draw;
  let ways = new Map([[0, new Map([[0, 0]])]]);
  for (const count of others) ways = addClass(ways, count, votes, picked);
  let share = 0;
  for (const [used, byTies] of ways) {
    if (picked - used > silent) continue;
    for (const [ties, logWays] of byTies) {
      const log = logChoose(own, votes) + logWays + logChoose(silent, picked - used) - logChoose(total, k);
      share += Math.exp(log) / (ties + 1);
    }
  }
  return share;
}

type Ways = Map<number, Map<number, number>>;

/** Extends log counts of subsets, by size and number of ties, with up to `votes` responses of one more class. */
function addClass(ways: Ways, count: number, votes: number, limit: number): Ways {
  const next: Ways = new Map();
  for (const [used, byTies] of ways)
    for (let taken = 0; taken <= Math.min(count, votes, limit - used); taken++)
      for (const [ties, logWays] of byTies) {
        const target = next.get(used + taken) ?? new Map<number, number>();
        const tied = taken === votes ? ties + 1 : ties;
        target.set(tied, addLogs(target.get(tied) ?? -Infinity, logWays + logChoose(count, taken)));
        next.set(used + taken, target);
      }
  return next;
}

const addLogs = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

const logFactorials: number[] = [0];

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push(elementAt(logFactorials, i - 1) + Math.log(i));
  return elementAt(logFactorials, n) - elementAt(logFactorials, k) - elementAt(logFactorials, n - k);
}
