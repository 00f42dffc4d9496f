import type { Advantage, AdvantageEstimate, RewardedBatch } from '../contracts/advantage.js';
import { createRandom } from '../random.js';
import { requireClose, requireThat, type ConformanceCheck } from './check.js';

const { uniform } = createRandom(1).stream('advantage-conformance');

/** Two groups of three rollouts with mixed rewards; lengths 3, 1, 0, 5, 2, 4. */
function exampleBatch(needsCritic: boolean): RewardedBatch {
  const lengths = [3, 1, 0, 5, 2, 4];
  const rewards = Float32Array.of(1, 0, 0, 0, 1, 1);
  const tokenRewards = lengths.map((length, b) =>
    Float32Array.from({ length }, (_, t) => (t === length - 1 ? rewards[b]! : 0)),
  );
  const values = lengths.map((length, b) => Float32Array.from({ length }, (_, t) => uniform(b, t)));
  return { tokenRewards, rewards, groups: Int32Array.of(0, 0, 0, 1, 1, 1), ...(needsCritic && { values }) };
}

/**
 * Properties of an {@link Advantage}. `create` makes a fresh one for each check. Estimates may depend on the whole batch, but not
 * on the order of its rollouts.
 */
export function advantageConformance(create: () => Advantage): ConformanceCheck[] {
  const estimated = (
    batch?: RewardedBatch,
  ): { batch: RewardedBatch; estimate: AdvantageEstimate; advantage: Advantage } => {
    const advantage = create();
    const used = batch ?? exampleBatch(advantage.needsCritic);
    return { batch: used, estimate: advantage.estimate(used), advantage };
  };
  return [
    {
      title: 'gives one finite advantage and return per response token, none for an empty response',
      run: async () => {
        const { batch, estimate } = estimated();
        for (const [name, rows] of Object.entries({ advantages: estimate.advantages, returns: estimate.returns })) {
          requireThat(
            rows.length === batch.tokenRewards.length,
            `${name} of ${rows.length} rollouts instead of ${batch.tokenRewards.length}`,
          );
          rows.forEach((row, b) => {
            requireThat(row instanceof Float32Array, `${name}[${b}] is no Float32Array`);
            requireThat(
              row.length === batch.tokenRewards[b]!.length,
              `${name}[${b}] has ${row.length} entries for ${batch.tokenRewards[b]!.length} tokens`,
            );
            requireThat(row.every(Number.isFinite), `${name}[${b}] is not finite`, [...row].map(String));
          });
        }
      },
    },
    {
      title: 'does not change the batch it is given, nor share memory with it',
      run: async () => {
        const { batch, estimate, advantage } = estimated();
        const pristine = exampleBatch(advantage.needsCritic);
        for (const row of [...estimate.advantages, ...estimate.returns]) row.fill(7);
        const changed = 'after the estimate (it changed its input, or returned a piece of it)';
        batch.tokenRewards.forEach((row, b) =>
          requireClose(`tokenRewards[${b}] ${changed}`, row, pristine.tokenRewards[b]!, 0),
        );
        requireClose(`rewards ${changed}`, batch.rewards, pristine.rewards, 0);
        batch.values?.forEach((row, b) => requireClose(`values[${b}] ${changed}`, row, pristine.values![b]!, 0));
      },
    },
    {
      title: 'does not depend on the order of the rollouts',
      run: async () => {
        const { batch, estimate } = estimated();
        const order = [4, 2, 0, 5, 1, 3];
        const reordered = estimated({
          tokenRewards: order.map((b) => batch.tokenRewards[b]!),
          rewards: Float32Array.from(order, (b) => batch.rewards[b]!),
          groups: Int32Array.from(order, (b) => batch.groups[b]!),
          ...(batch.values && { values: order.map((b) => batch.values![b]!) }),
        }).estimate;
        // 1e-6: sums over the batch may run in another order
        order.forEach((b, i) => {
          requireClose(
            `advantages of rollout ${b} after reordering`,
            reordered.advantages[i]!,
            estimate.advantages[b]!,
            1e-6,
          );
          requireClose(`returns of rollout ${b} after reordering`, reordered.returns[i]!, estimate.returns[b]!, 1e-6);
        });
      },
    },
    {
      title: 'gives the same result when asked again',
      run: async () => {
        const { batch, estimate, advantage } = estimated();
        const again = advantage.estimate(batch);
        again.advantages.forEach((row, b) =>
          requireClose(
            `advantages[${b}] of a second call with the same batch (it draws random numbers, or remembers earlier calls)`,
            row,
            estimate.advantages[b]!,
            0,
          ),
        );
      },
    },
    {
      title: 'prefers the rewarded one of two samples of a prompt',
      run: async () => {
        const rows = [Float32Array.of(0, 1), Float32Array.of(0, 0)];
        const values = rows.map((row) => row.map(() => 0.5));
        const { estimate } = estimated({
          tokenRewards: rows,
          rewards: Float32Array.of(1, 0),
          groups: Int32Array.of(0, 0),
          ...(create().needsCritic && { values }),
        });
        const [better, worse] = estimate.advantages.map((row) => row[1]!) as [number, number];
        requireThat(
          better > worse,
          'the last token of the rewarded sample has no larger advantage than that of the other',
          { better, worse },
        );
      },
    },
  ];
}
