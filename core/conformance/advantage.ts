import { elementAt, lastOf, zip } from '../arrays.js';
import type { Advantage, RewardedBatch } from '../contracts/advantage.js';
import { createRandom } from '../random.js';
import { requireClose, requireThat, type ConformanceCheck } from './check.js';

/**
 * Properties of an {@link Advantage}. `create` makes a fresh one for each check. Estimates may depend on the whole
 * batch, but not on the order of its rollouts.
 */
export function advantageConformance(create: () => Advantage): ConformanceCheck[] {
  const check = (title: string, body: (advantage: Advantage) => void): ConformanceCheck => ({
    title,
    run: async () => body(create()),
  });
  return [
    check('gives one finite advantage and return per response token, none for an empty response', checkShape),
    check('does not change the batch it is given, nor share memory with it', checkNoSharing),
    check('does not depend on the order of the rollouts', checkOrder),
    check('gives the same result when asked again', checkRepetition),
    check('prefers the rewarded one of two samples of a prompt', checkPreference),
  ];
}

const { uniform } = createRandom(1).stream('advantage-conformance');

/** Two groups of three rollouts with mixed rewards; lengths 3, 1, 0, 5, 2, 4, one of them cut. */
function exampleBatch({ needsCritic, needsGreedyBaseline }: Advantage): RewardedBatch {
  const lengths = [3, 1, 0, 5, 2, 4];
  const rewards = Float32Array.of(1, 0, 0, 0, 1, 1);
  const tokenRewards = [...zip(lengths, rewards)].map(([length, reward]) =>
    Float32Array.from({ length }, (_, t) => (t === length - 1 ? reward : 0)),
  );
  const values = lengths.map((length, b) => Float32Array.from({ length }, (_, t) => uniform(b, t)));
  const groups = Int32Array.of(0, 0, 0, 1, 1, 1);
  return {
    ...{ tokenRewards, rewards, groups },
    problems: Array.from(groups, exampleProblem),
    stopReasons: lengths.map((length) => (length === 5 ? 'length' : 'stop')),
    ...(needsCritic && { values }),
    ...(needsGreedyBaseline && { greedyRewards: Float32Array.from(groups, (group) => 1 - group) }),
  };
}

const exampleProblem = (group: number) => ({ id: `example/${group}`, prompt: `${group}+1`, answer: String(group + 1) });

function requireSameRows(
  what: string,
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what} of ${actual.length} rollouts instead of ${expected.length}`);
  for (const [a, e, b] of zip(actual, expected)) requireClose(`${what} of rollout ${b}`, a, e, tolerance);
}

function checkShape(advantage: Advantage): void {
  const batch = exampleBatch(advantage);
  const { advantages, returns } = advantage.estimate(batch);
  requireRowPerRollout('advantages', advantages, batch);
  requireRowPerRollout('returns', returns, batch);
}

function requireRowPerRollout(name: string, rows: readonly Float32Array[], { tokenRewards }: RewardedBatch): void {
  requireThat(
    rows.length === tokenRewards.length,
    `${name} of ${rows.length} rollouts instead of ${tokenRewards.length}`,
  );
  for (const [row, { length }, b] of zip(rows, tokenRewards)) {
    requireThat(row instanceof Float32Array, `${name}[${b}] is not a Float32Array`);
    requireThat(row.length === length, `${name}[${b}] has ${row.length} entries for ${length} tokens`);
    requireThat(row.every(Number.isFinite), `${name}[${b}] is not finite`, [...row].map(String));
  }
}

function checkNoSharing(advantage: Advantage): void {
  const batch = exampleBatch(advantage);
  const original = exampleBatch(advantage);
  const { advantages, returns } = advantage.estimate(batch);
  for (const row of [...advantages, ...returns]) row.fill(7);
  const changed = 'after the estimate (it changed its input, or returned a piece of it)';
  requireSameRows(`tokenRewards ${changed}`, batch.tokenRewards, original.tokenRewards, 0);
  requireClose(`rewards ${changed}`, batch.rewards, original.rewards, 0);
  requireSameRows(`values ${changed}`, batch.values ?? [], original.values ?? [], 0);
}

function checkOrder(advantage: Advantage): void {
  const batch = exampleBatch(advantage);
  const order = [4, 2, 0, 5, 1, 3];
  const inOrder = <T>(rows: readonly T[]): T[] => order.map((b) => elementAt(rows, b));
  const estimate = advantage.estimate(batch);
  const reordered = advantage.estimate({
    tokenRewards: inOrder(batch.tokenRewards),
    rewards: Float32Array.from(inOrder([...batch.rewards])),
    groups: Int32Array.from(inOrder([...batch.groups])),
    problems: inOrder(batch.problems),
    stopReasons: inOrder(batch.stopReasons),
    ...(batch.values && { values: inOrder(batch.values) }),
    ...(batch.greedyRewards && { greedyRewards: Float32Array.from(inOrder([...batch.greedyRewards])) }),
  });
  // 1e-6: sums over the batch may be computed in another order.
  requireSameRows('advantages after reordering', reordered.advantages, inOrder(estimate.advantages), 1e-6);
  requireSameRows('returns after reordering', reordered.returns, inOrder(estimate.returns), 1e-6);
}

function checkRepetition(advantage: Advantage): void {
  const batch = exampleBatch(advantage);
  const first = advantage.estimate(batch);
  const second = advantage.estimate(batch);
  const what = 'advantages of a second call with the same batch (it draws random numbers, or remembers earlier calls)';
  requireSameRows(what, second.advantages, first.advantages, 0);
}

function checkPreference(advantage: Advantage): void {
  const tokenRewards = [Float32Array.of(0, 1), Float32Array.of(0, 0)];
  const values = tokenRewards.map((row) => row.map(() => 0.5));
  const { advantages } = advantage.estimate({
    tokenRewards,
    rewards: Float32Array.of(1, 0),
    groups: Int32Array.of(0, 0),
    problems: [exampleProblem(0), exampleProblem(0)],
    stopReasons: ['stop', 'stop'],
    ...(advantage.needsCritic && { values }),
    ...(advantage.needsGreedyBaseline && { greedyRewards: Float32Array.of(0.5, 0.5) }),
  });
  const [better, worse] = [lastOf(elementAt(advantages, 0)), lastOf(elementAt(advantages, 1))];
  requireThat(better > worse, 'the last token of the rewarded sample has no larger advantage than that of the other', {
    better,
    worse,
  });
}
