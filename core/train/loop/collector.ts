import { originOfPart } from '../../boundary/part.js';
import { inject, injectable } from '../../container/inject.js';
import { elementAt } from '../../arrays.js';
import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { Collector, CollectRequest, GradedRollouts } from '../../contracts/loop.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { Completion, Sampler, SampleRequest, SamplingSettings } from '../../contracts/sampler.js';
import type { OrzError } from '../../errors.js';
import { requireFinite } from '../../recipe/check.js';
import { attributeFailure, type FailureSite } from '../diagnostics/step-failure.js';
import { toSequence } from './batch.js';
import {
  incompleteGroup,
  logprobsMisaligned,
  responseTooLong,
  rolloutOutOfOrder,
  unknownSample,
  unknownToken,
} from './errors.js';
import { gradeGroup } from './grade-group.js';
import { PromptEncoder } from './prompt-encoder.js';
import { runTokens } from './run-tokens.js';

/** Samples every problem and grades each group as soon as it is complete, while others are still being sampled. */
@injectable()
export class SamplingCollector implements Collector {
  constructor(
    @inject(runTokens.sampler.symbol) private readonly sampler: Sampler,
    @inject(runTokens.rewardPool.symbol) private readonly rewards: RewardPool,
    @inject(PromptEncoder) private readonly prompts: PromptEncoder,
  ) {}

  async collect(request: CollectRequest): Promise<GradedRollouts> {
    const groups = new GroupsInProgress(this.sampleRequests(request), request, {
      rewards: this.rewards,
      vocabSize: this.prompts.vocabSize,
      from: originOfPart(this.sampler, 'sampler'),
    });
    await this.sampler.sample(groups.requests, {
      ...(request.signal && { signal: request.signal }),
      onDone: (completion) => {
        groups.add(completion);
      },
    });
    const rollouts = groups.rollouts();
    await requireFiniteLogprobs(rollouts, request, originOfPart(this.sampler, 'sampler'));
    return { rollouts, results: await groups.results() };
  }

  private sampleRequests(request: CollectRequest): SampleRequest[] {
    const { problems, firstIndex = 0, samples, sampling, maxPromptTokens, key } = request;
    const settings: SamplingSettings = { ...sampling, stop: this.prompts.stop, stopTokens: this.prompts.stopTokens };
    return problems.map((problem, p) => ({
      promptTokens: this.prompts.encode(problem, maxPromptTokens),
      count: samples,
      settings,
      key: [key, firstIndex + p],
    }));
  }
}

/** What a collection uses. */
interface Surroundings {
  readonly rewards: RewardPool;
  /** Tokens that a response may hold: ids below it. */
  readonly vocabSize: number;
  /** Who samples, for messages. */
  readonly from: string;
}

/** The groups of one collection while their completions arrive, in any order. */
class GroupsInProgress {
  private readonly groups: Rollout[][];
  private readonly grading: Promise<readonly RewardResult[]>[] = [];
  private completed = 0;

  constructor(
    readonly requests: readonly SampleRequest[],
    private readonly request: CollectRequest,
    readonly surroundings: Surroundings,
  ) {
    this.groups = requests.map(() => []);
  }

  /** Takes one completion; the last one of a group starts its grading. */
  add(completion: Completion): void {
    const { samples, iteration, onProgress } = this.request;
    requireUsable(completion, this);
    const group = elementAt(this.groups, completion.request);
    group.push(this.toRollout(completion));
    if (group.length === samples) {
      group.sort((a, b) => a.index - b.index);
      const results = gradeGroup(this.surroundings.rewards, group, iteration);
      // Awaited in `results`; marked as handled so that a failure during sampling does not terminate the process.
      results.catch(() => undefined);
      this.grading[completion.request] = results;
    }
    onProgress?.(++this.completed);
  }

  /** All rollouts in order. Throws ORZ_GROUP if a group is not complete. */
  rollouts(): Rollout[] {
    const { problems, firstIndex = 0, samples } = this.request;
    for (const [p, group] of this.groups.entries()) {
      const problem = elementAt(problems, p);
      if (group.length !== samples) throw incompleteGroup(problem, [group.length, samples], this.surroundings.from);
      const twice = group.find(({ index }, sample) => index !== (firstIndex + p) * samples + sample);
      if (twice) throw rolloutOutOfOrder(twice, elementAt(group, 0), this.surroundings.from);
    }
    return this.groups.flat();
  }

  async results(): Promise<RewardResult[]> {
    return (await Promise.all(this.grading)).flat();
  }

  private toRollout(completion: Completion): Rollout {
    const { request, sample, tokens, logprobs, text, stopReason, weightVersion } = completion;
    const { firstIndex = 0, samples } = this.request;
    return {
      index: (firstIndex + request) * samples + sample,
      problem: elementAt(this.request.problems, request),
      promptTokens: elementAt(this.requests, request).promptTokens,
      responseTokens: tokens,
      segments: [{ source: 'policy', length: tokens.length }],
      samplerLogprobs: logprobs,
      text,
      stopReason,
      weightVersion,
    };
  }
}

/** Throws unless a completion answers a request with tokens of the model, and has one log-probability for each. */
function requireUsable(completion: Completion, { requests, surroundings }: GroupsInProgress): void {
  const { request, sample, tokens, logprobs } = completion;
  const { vocabSize, from } = surroundings;
  const asked = requests[request];
  if (!asked || !Number.isInteger(sample) || sample < 0 || sample >= asked.count) {
    throw unknownSample(completion, requests, from);
  }
  if (tokens.length !== logprobs.length) throw logprobsMisaligned(completion, from);
  const { maxResponseTokens } = asked.settings;
  if (tokens.length > maxResponseTokens) throw responseTooLong(completion, maxResponseTokens, from);
  const unknown = tokens.find((token) => token < 0 || token >= vocabSize);
  if (unknown !== undefined) throw unknownToken(completion, [unknown, vocabSize], from);
}

/**
 * The step to repeat is the trainer's pass over the same tokens; a greedy sampler reports log-probabilities at
 * temperature 1.
 */
function requireFiniteLogprobs(rollouts: readonly Rollout[], request: CollectRequest, from: string): Promise<void> {
  const { iteration, sampling } = request;
  const site = ({ details }: OrzError): FailureSite => ({
    rollouts,
    step: {
      stage: 'score',
      role: 'policy',
      temperature: sampling.temperature || 1,
      sequences: [toSequence(elementAt(rollouts, details.location?.sample ?? 0))],
    },
    ...(iteration !== undefined && { iteration }),
  });
  const logprobs = rollouts.map((rollout) => rollout.samplerLogprobs);
  return attributeFailure(site, () => {
    requireFinite('sampler log-probability', logprobs, from);
  });
}
