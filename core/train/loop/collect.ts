import { requireFinite } from '../../recipe/check.js';
import { OrzError, isOrzError } from '../../errors.js';
import type { Problem, RewardResult, Rollout } from '../../contracts/data.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { GradableRollout } from '../../contracts/reward.js';
import type { Template } from '../../contracts/problems.js';
import type { Completion, Sampler, SampleRequest, SamplingSettings } from '../../contracts/sampler.js';
import type { Tokenizer } from '../../contracts/tokenizer.js';
import { toSequence } from './batch.js';
import { failingAs, type FailureSite } from '../diagnostics/failure.js';

export interface Collector {
  readonly sampler: Sampler;
  readonly tokenizer: Tokenizer;
  readonly template: Template;
  readonly rewards: RewardPool;
  readonly maxPromptTokens: number;
}

export interface CollectRequest {
  readonly problems: readonly Problem[];
  /** Samples per problem G. */
  readonly samples: number;
  readonly sampling: Omit<SamplingSettings, 'stop' | 'stopTokens'>;
  /** Names the randomness of this collection, for example the iteration. */
  readonly key: number;
  /** Absent for evaluations. */
  readonly iteration?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface Collected {
  /** In order of problem, then sample. */
  readonly rollouts: readonly Rollout[];
  readonly results: readonly RewardResult[];
}

/** Samples every problem and grades each group as soon as its last member is written, while the others still are. */
export async function collect(c: Collector, request: CollectRequest): Promise<Collected> {
  const { problems, samples, signal, onProgress } = request;
  const settings: SamplingSettings = { ...request.sampling, stop: c.template.stop, stopTokens: c.tokenizer.endTokens };
  const requests: SampleRequest[] = problems.map((problem, p) => ({
    promptTokens: encodePrompt(c, problem),
    count: samples,
    settings,
    key: [request.key, p],
  }));
  const groups: Rollout[][] = problems.map(() => []);
  const grading: Promise<readonly RewardResult[]>[] = [];
  let done = 0;
  await c.sampler.sample(requests, {
    ...(signal && { signal }),
    onDone: (completion) => {
      checkCompletion(completion, requests);
      const group = groups[completion.request]!;
      group.push(toRollout(problems, requests, completion, samples));
      if (group.length === samples) {
        group.sort((a, b) => a.index - b.index);
        grading[completion.request] = gradeGroup(c.rewards, group, request.iteration);
        // Awaited below; marked as handled so that a failure while sampling still runs does not end the process.
        grading[completion.request]!.catch(() => undefined);
      }
      onProgress?.(++done);
    },
  });
  groups.forEach((group, p) => {
    if (group.length !== samples)
      throw wrongGroup(`problem "${problems[p]!.id}" has ${group.length} completions`, `${samples}`);
  });
  const rollouts = groups.flat();
  await requireFiniteLogprobs(rollouts, request);
  return { rollouts, results: (await Promise.all(grading)).flat() };
}

/** What a sampler must get right for a completion to be of any use. */
function checkCompletion({ request, sample, tokens, logprobs }: Completion, requests: readonly SampleRequest[]): void {
  const asked = requests[request];
  if (!asked || !Number.isInteger(sample) || sample < 0 || sample >= asked.count)
    throw wrongGroup(
      `a completion says it is sample ${sample} of request ${request}`,
      `requests 0 to ${requests.length - 1}, samples 0 to ${(asked ?? requests[0]!).count - 1}`,
    );
  if (tokens.length !== logprobs.length)
    throw wrongGroup(
      `sample ${sample} of request ${request} has ${tokens.length} tokens and ${logprobs.length} log-probabilities`,
      'one log-probability per token',
    );
}

/** The step to do again is the trainer's pass over the same tokens; a greedy sampler reports log-probabilities at temperature 1. */
function requireFiniteLogprobs(
  rollouts: readonly Rollout[],
  { iteration, sampling: { temperature } }: CollectRequest,
): Promise<void> {
  const site = ({ details }: OrzError): FailureSite => ({
    rollouts,
    step: {
      stage: 'score',
      role: 'policy',
      temperature: temperature || 1,
      sequences: [toSequence(rollouts[details.location!.sample!]!)],
    },
    ...(iteration !== undefined && { iteration }),
  });
  return failingAs(site, () => {
    requireFinite(
      'sampler log-probability',
      rollouts.map((r) => r.samplerLogprobs),
    );
  });
}

function wrongGroup(message: string, allowed: string): OrzError {
  return new OrzError('ORZ_GROUP', message, {
    allowed,
    origin: 'sampler',
    remedy: 'This is a fault of the sampler: every sample of every request must come once, under its own numbers.',
  });
}

/** The prompt of a problem as token ids, with the begin token in front if the tokenizer has one. */
export function tokenizePrompt(
  { tokenizer, template }: Pick<Collector, 'tokenizer' | 'template'>,
  problem: Problem,
): Int32Array {
  const text = encodeText(tokenizer, template.render(problem), problem);
  return tokenizer.bosToken === undefined ? text : Int32Array.of(tokenizer.bosToken, ...text);
}

function encodeText(tokenizer: Tokenizer, text: string, { id }: Problem): Int32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!isOrzError(error)) throw error;
    throw new OrzError(error.code, `The prompt of problem "${id}" cannot be tokenised: ${error.message}`, {
      ...error.details,
      origin: id,
    });
  }
}

function encodePrompt(c: Collector, problem: Problem): Int32Array {
  const tokens = tokenizePrompt(c, problem);
  if (tokens.length > c.maxPromptTokens) {
    throw new OrzError('ORZ_PROMPT_TOO_LONG', `the prompt of problem "${problem.id}" has ${tokens.length} tokens`, {
      value: tokens.length,
      allowed: `at most ${c.maxPromptTokens} (maxPromptTokens)`,
      origin: problem.id,
      remedy: 'raise maxPromptTokens or leave the problem out',
    });
  }
  return tokens;
}

const toRollout = (
  problems: readonly Problem[],
  requests: readonly SampleRequest[],
  c: Completion,
  samples: number,
): Rollout => ({
  index: c.request * samples + c.sample,
  problem: problems[c.request]!,
  promptTokens: requests[c.request]!.promptTokens,
  responseTokens: c.tokens,
  samplerLogprobs: c.logprobs,
  text: c.text,
  stopReason: c.stopReason,
  weightVersion: c.weightVersion,
});

function gradeGroup(
  rewards: RewardPool,
  group: readonly Rollout[],
  iteration: number | undefined,
): Promise<readonly RewardResult[]> {
  const gradable = group.map(({ index, problem, text, stopReason, responseTokens }) => ({
    index,
    problem,
    text,
    stopReason,
    responseLength: responseTokens.length,
  }));
  const site = {
    rollouts: group,
    step: { stage: 'grade', group: gradable },
    ...(iteration !== undefined && { iteration }),
  } as const;
  return failingAs(
    () => site,
    () => gradeChecked(rewards, group, gradable),
  );
}

async function gradeChecked(
  rewards: RewardPool,
  group: readonly Rollout[],
  gradable: readonly GradableRollout[],
): Promise<readonly RewardResult[]> {
  const results = await rewards.grade(gradable);
  if (results.length !== group.length) {
    throw new OrzError(
      'ORZ_REWARD_INVALID',
      `the reward returned ${results.length} results for a group of ${group.length}`,
      { origin: group[0]!.problem.id, remedy: 'return one result per rollout, in order' },
    );
  }
  results.forEach((result, i) => {
    if (!Number.isFinite(result.value)) {
      throw new OrzError(
        'ORZ_NOT_FINITE',
        `the reward of problem "${group[i]!.problem.id}", sample ${i} is ${result.value}`,
        {
          value: String(result.value),
          origin: 'reward',
          location: { tensor: 'reward', sample: i },
          remedy: 'nothing was updated; mend the reward so that it always returns a number',
        },
      );
    }
  });
  return results;
}
