import type { Segment, StepReward } from '../contracts/data.js';
import type { RolloutRecord } from '../contracts/metric-sink.js';
import type { Tokenizer } from '../contracts/tokenizer.js';

/** Decimals that numbers per token keep; finer differences are rounding of the arithmetic that made them. */
export const tokenDecimals = 4;
const scale = 10 ** tokenDecimals;

const rounded = (values: Float32Array): number[] => Array.from(values, (x) => Math.round(x * scale) / scale);

/**
 * One response as plain data: a line of a rollout file. Names are those of the contracts; arrays of numbers have one
 * entry per token of the policy. `reward` is the reward's own; `trainedReward` stands beside it only where another was
 * trained on.
 */
export interface RolloutLine {
  readonly index: number;
  readonly group: number;
  readonly problem: string;
  readonly question: string;
  readonly gold: string;
  /** The prompt as the model saw it, template included. */
  readonly prompt: string;
  readonly promptTokens: readonly number[];
  readonly text: string;
  readonly tokens: readonly number[];
  readonly tokenTexts: readonly string[];
  /** Who wrote them; absent if the policy wrote all in one turn. */
  readonly segments?: readonly Segment[];
  /** What the environment gave on the way, as parts of `reward`. */
  readonly stepRewards?: readonly StepReward[];
  readonly stopReason: string;
  readonly weightVersion: number;
  readonly verdict: string;
  readonly reward: number;
  readonly trainedReward?: number;
  readonly answer?: string;
  readonly detail?: unknown;
  readonly samplerLogprobs: readonly number[];
  readonly logprobs?: readonly number[];
  readonly entropy?: readonly number[];
  readonly values?: readonly number[];
  readonly advantages?: readonly number[];
  readonly returns?: readonly number[];
}

/** The line of one response. */
export function toLine(
  { rollout, result, group, training }: RolloutRecord,
  tokenizer: Tokenizer,
  textsOf: (tokens: ArrayLike<number>) => string[],
): RolloutLine {
  return {
    index: rollout.index,
    group,
    problem: rollout.problem.id,
    question: rollout.problem.prompt,
    gold: rollout.problem.answer,
    prompt: tokenizer.decode(rollout.promptTokens),
    promptTokens: Array.from(rollout.promptTokens),
    text: rollout.text,
    tokens: Array.from(rollout.responseTokens),
    tokenTexts: textsOf(rollout.responseTokens),
    ...(rollout.segments.length > 1 && { segments: rollout.segments }),
    ...(rollout.stepRewards && { stepRewards: rollout.stepRewards }),
    stopReason: rollout.stopReason,
    weightVersion: rollout.weightVersion,
    verdict: result.verdict,
    reward: result.value,
    ...(training && Math.fround(result.value) !== training.reward && { trainedReward: training.reward }),
    ...(result.answer !== undefined && { answer: result.answer }),
    ...(result.detail !== undefined && { detail: result.detail }),
    samplerLogprobs: rounded(rollout.samplerLogprobs),
    ...(training && { logprobs: rounded(training.logprobs) }),
    ...(training?.entropy && { entropy: rounded(training.entropy) }),
    ...(training?.values && { values: rounded(training.values) }),
    ...(training && { advantages: rounded(training.advantages), returns: rounded(training.returns) }),
  };
}
