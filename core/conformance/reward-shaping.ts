import type { GradedResponse, RewardShaping, ShapedReward } from '../contracts/reward-shaping.js';
import { zip } from '../arrays.js';
import { requireDefined, requireThat, type ConformanceCheck } from './check.js';

const limits = { maxResponseTokens: 100 };

/** Properties of a {@link RewardShaping} that does something. `create` makes a fresh one for each check. */
export function rewardShapingConformance(create: () => RewardShaping): ConformanceCheck[] {
  const shape = (responses: readonly GradedResponse[]): readonly ShapedReward[] => {
    const shaping = create();
    return requireDefined('shape', shaping.shape?.bind(shaping))(responses, limits);
  };
  return [
    {
      title: 'gives one finite reward for each response, and says whether it is in the losses',
      run: async () => {
        const shaped = shape(examples);
        requireThat(shaped.length === examples.length, `${shaped.length} results for ${examples.length} responses`);
        for (const { reward, inLoss } of shaped) {
          requireThat(Number.isFinite(reward), 'a reward is not finite', String(reward));
          requireThat(typeof inLoss === 'boolean', 'inLoss is neither true nor false', inLoss);
        }
      },
    },
    {
      title: 'gives the same again, and nothing for no responses',
      run: async () => {
        for (const [first, second] of zip(shape(examples), shape(examples))) {
          const same = first.reward === second.reward && first.inLoss === second.inLoss;
          requireThat(same, 'a second call gives something else', [first, second]);
        }
        requireThat(shape([]).length === 0, 'results for no responses');
      },
    },
    {
      title: 'changes something',
      run: async () => {
        const changed = [...zip(examples, shape(examples))].some(
          ([{ reward }, shaped]) => shaped.reward !== reward || !shaped.inLoss,
        );
        requireThat(changed, 'every reward is as it was graded, and every response is in the losses');
      },
    },
  ];
}

/** Responses of all lengths, right and wrong, some of them cut. */
const examples: readonly GradedResponse[] = [1, 40, 79, 81, 95, 100].flatMap((length) =>
  [0, 1].map((reward): GradedResponse => ({
    problem: { id: `example/${length}`, prompt: '1+1', answer: '2' },
    length,
    stopReason: length === 100 ? 'length' : 'stop',
    verdict: reward === 1 ? 'correct' : length === 100 ? 'truncated' : 'wrong',
    reward,
  })),
);
