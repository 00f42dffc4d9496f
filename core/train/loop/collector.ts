import { originOfPart } from '../../boundary/part.js';
import { inject, injectable } from '../../container/inject.js';
import { elementAt } from '../../arrays.js';
import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { Collector, CollectRequest, GradedRollouts } from '../../contracts/loop.js';
import type { EnvironmentPool } from '../../contracts/environment-pool.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { Completion, Sampler, SampleRequest, SamplingSettings } from '../../contracts/sampler.js';
import { Turns } from '../../environment/turns.js';
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
    @inject(runTokens.environment.symbol) private readonly environment: { readonly pool?: EnvironmentPool },
  ) {}

  async collect(request: CollectRequest): Promise<GradedRollouts> {
    const requests = this.sampleRequests(request);
    const groups = new GroupsInProgress(request, this.rewards, originOfPart(this.sampler, 'sampler'));
    const { pool } = this.environment;
    if (pool) await this.sampleTurns(pool, { request, requests, groups });
    else
      await this.sample(request, requests, (completion) => {
        groups.add(completion.request, toRollout(completion, request, requests));
      });
    const rollouts = groups.rollouts();
    await requireFiniteLogprobs(rollouts, request, originOfPart(this.sampler, 'sampler'));
    return { rollouts, results: await groups.results() };
  }

  private sampleRequests(request: CollectRequest): SampleRequest[] {
    const { problems, firstIndex = 0, samples, sampling, maxPromptTokens, key } = request;
    const stop = [...this.prompts.stop, ...(this.environment.pool?.stop ?? [])];
    const settings: SamplingSettings = { ...sampling, stop, stopTokens: this.prompts.stopTokens };
    return problems.map((problem, p) => ({
      promptTokens: this.prompts.encode(problem, maxPromptTokens),
      count: samples,
      settings,
      key: [key, firstIndex + p],
    }));
  }

  private sampleTurns(pool: EnvironmentPool, { request, requests, groups }: Collection): Promise<void> {
    const { tokenizer, vocabSize } = this.prompts;
    const turns = new Turns(
      {
        ...{ pool, tokenizer, vocabSize },
        sample: (wave, onDone) => this.sample(request, wave, onDone),
        finish: (p, rollout) => {
          groups.add(p, rollout);
        },
      },
      request,
      requests,
    );
    return turns.sampleAll();
  }

  /** Hands on each completion as it ends, once it is known to be usable. */
  private async sample(
    { signal }: CollectRequest,
    requests: readonly SampleRequest[],
    onDone: (completion: Completion) => void,
  ): Promise<void> {
    const limits = { vocabSize: this.prompts.vocabSize, from: originOfPart(this.sampler, 'sampler') };
    await this.sampler.sample(requests, {
      ...(signal && { signal }),
      onDone: (completion) => {
        requireUsable(completion, requests, limits);
        onDone(completion);
      },
    });
  }
}

/** One collection: what was asked for, the first requests to the sampler, and the groups that become of them. */
interface Collection {
  readonly request: CollectRequest;
  readonly requests: readonly SampleRequest[];
  readonly groups: GroupsInProgress;
}

/** The rollout of a response of one turn. */
function toRollout(
  { request: p, sample, tokens, logprobs, text, stopReason, weightVersion }: Completion,
  { firstIndex = 0, samples, problems }: CollectRequest,
  requests: readonly SampleRequest[],
): Rollout {
  return {
    index: (firstIndex + p) * samples + sample,
    problem: elementAt(problems, p),
    promptTokens: elementAt(requests, p).promptTokens,
    responseTokens: tokens,
    segments: [{ source: 'policy', length: tokens.length }],
    samplerLogprobs: logprobs,
    text,
    stopReason,
    weightVersion,
  };
}

/** The groups of one collection while their responses arrive, in any order. */
class GroupsInProgress {
  private readonly groups: Rollout[][];
  private readonly grading: Promise<readonly RewardResult[]>[] = [];
  private completed = 0;

  constructor(
    private readonly request: CollectRequest,
    private readonly rewards: RewardPool,
    /** Who samples, for messages. */
    private readonly from: string,
  ) {
    this.groups = request.problems.map(() => []);
  }

  /** Takes one response to problem number `p`; the last one of a group starts its grading. */
  add(p: number, rollout: Rollout): void {
    const { samples, iteration, onProgress } = this.request;
    const group = elementAt(this.groups, p);
    group.push(rollout);
    if (group.length === samples) {
      group.sort((a, b) => a.index - b.index);
      const results = gradeGroup(this.rewards, group, iteration);
      // Awaited in `results`; marked as handled so that a failure during sampling does not terminate the process.
      results.catch(() => undefined);
      this.grading[p] = results;
    }
    onProgress?.(++this.completed);
  }

  /** All rollouts in order. Throws ORZ_GROUP if a group is not complete. */
  rollouts(): Rollout[] {
    const { problems, firstIndex = 0, samples } = this.request;
    for (const [p, group] of this.groups.entries()) {
      const problem = elementAt(problems, p);
      if (group.length !== samples) throw incompleteGroup(problem, [group.length, samples], this.from);
      const twice = group.find(({ index }, sample) => index !== (firstIndex + p) * samples + sample);
      if (twice) throw rolloutOutOfOrder(twice, elementAt(group, 0), this.from);
    }
    return this.groups.flat();
  }

  async results(): Promise<RewardResult[]> {
    return (await Promise.all(this.grading)).flat();
  }
}

/** Throws unless a completion answers a request with tokens of the model, and has one log-probability for each. */
function requireUsable(
  completion: Completion,
  requests: readonly SampleRequest[],
  { vocabSize, from }: { readonly vocabSize: number; readonly from: string },
): void {
  const { request, sample, tokens, logprobs } = completion;
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
