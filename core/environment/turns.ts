import { elementAt } from '../arrays.js';
import { originOfPart } from '../boundary/part.js';
import type { Problem, Rollout, StopReason } from '../contracts/data.js';
import type { EnvironmentPool, PoolStep } from '../contracts/environment-pool.js';
import type { Observation } from '../contracts/environment.js';
import type { CollectRequest } from '../contracts/loop.js';
import type { Completion, SampleRequest } from '../contracts/sampler.js';
import type { Tokenizer } from '../contracts/tokenizer.js';
import { isOrzError } from '../errors.js';
import { noRoomForTurns, observationNotTokenizable, observationToken, tooManyTurns } from './errors.js';
import { GrowingResponse, type ObservedText } from './growing-response.js';

/** Keys of later turns begin here; those of first turns are indices of problems, far below. */
const laterTurns = 2 ** 31;

/** What responses of several turns are made with. */
export interface TurnParts {
  readonly pool: EnvironmentPool;
  readonly tokenizer: Tokenizer;
  /** Ids of the model are below it. */
  readonly vocabSize: number;
  /** Samples one wave of turns; called back with each completion as it ends. */
  sample(requests: readonly SampleRequest[], onDone: (completion: Completion) => void): Promise<unknown>;
  /** Takes a complete response to problem number `p` of the request. */
  finish(p: number, rollout: Rollout): void;
}

/** Numbers for episodes that are unique in a process, whatever collects them. */
let episodes = 0;

/** A response with where it belongs. */
interface Place {
  readonly p: number;
  readonly episode: number;
  readonly response: GrowingResponse;
}

/**
 * Responses of several turns, in waves: the sampler writes the next turn of all that are not done, and the environment
 * answers each turn while others are still being sampled. The policy continues from exactly the tokens that it drew and
 * was answered with; nothing is tokenised twice.
 */
export class Turns {
  private readonly waiting: Place[] = [];
  private stepping: Promise<void>[] = [];

  constructor(
    private readonly parts: TurnParts,
    private readonly request: CollectRequest,
    /** The first turns: one request per problem. */
    private readonly requests: readonly SampleRequest[],
  ) {
    const { firstIndex = 0, problems, samples } = request;
    const responses = (firstIndex + problems.length) * samples;
    if (responses * parts.pool.maxTurns >= laterTurns) throw tooManyTurns(responses, parts.pool.maxTurns);
  }

  async sampleAll(): Promise<void> {
    const begun = await Promise.all(this.requests.map((_, p) => this.observationBefore(p)));
    const first = Array.from(this.requests.entries(), ([p, request]) => this.after(request, elementAt(begun, p)));
    await this.wave(first, ({ request: p, sample }) => this.begin(p, sample, elementAt(begun, p)));
    while (this.waiting.length > 0) {
      const places = this.waiting.splice(0).sort((a, b) => a.response.index - b.response.index);
      const next = places.map((place) => this.nextTurn(place));
      await this.wave(next, ({ request }) => elementAt(places, request));
    }
  }

  /** Samples a turn each and waits until the environment has answered all of them. */
  private async wave(requests: readonly SampleRequest[], placeOf: (completion: Completion) => Place): Promise<void> {
    this.stepping = [];
    await this.parts.sample(requests, (completion) => {
      const place = placeOf(completion);
      place.response.draw(completion);
      const step = this.step(place);
      // Awaited below; marked as handled so that a failure during sampling does not terminate the process.
      step.catch(() => undefined);
      this.stepping.push(step);
    });
    await Promise.all(this.stepping);
  }

  /** Asks the environment, and either finishes the response or puts it in line for its next turn. */
  private async step(place: Place): Promise<void> {
    const { response, p } = place;
    const answer = await this.ask(place);
    const finish = (stopReason: StopReason): void => {
      this.parts.finish(p, response.complete(stopReason));
    };
    if (answer.done === 'gave-up') return finish('length');
    if ('reward' in answer && answer.reward !== undefined) response.reward(answer.reward);
    if (answer.done) return finish(response.lastStop);
    const isLast = response.actions.length >= this.parts.pool.maxTurns;
    const observed = this.observed(response.problem, answer.observation ?? '');
    if (response.lastStop === 'length' || isLast || this.roomAfter(response, observed) < 1) return finish('length');
    response.observe(observed);
    this.waiting.push(place);
  }

  private ask({ response, p, episode }: Place): Promise<PoolStep> {
    const { index, problem, actions } = response;
    return this.parts.pool.step({ index, episode, problem, key: this.keyOf(p), actions: [...actions] });
  }

  /** What the environment writes before the first turn of a problem: the same for all its samples. */
  private async observationBefore(p: number): Promise<ObservedText> {
    const problem = elementAt(this.request.problems, p);
    const state = { index: this.indexOf(p, 0), episode: episodes++, problem, key: this.keyOf(p), actions: [] };
    const answer = await this.parts.pool.step(state);
    const observation = answer.done === false ? answer.observation : undefined;
    const observed = this.observed(problem, observation ?? '');
    const { maxResponseTokens } = this.request.sampling;
    if (observed.tokens.length >= maxResponseTokens)
      throw noRoomForTurns(problem, this.from, [observed.tokens.length, maxResponseTokens]);
    return observed;
  }

  private begin(p: number, sample: number, observed: ObservedText): Place {
    const { promptTokens } = elementAt(this.requests, p);
    const problem = elementAt(this.request.problems, p);
    const response = new GrowingResponse(this.indexOf(p, sample), problem, promptTokens);
    response.observe(observed);
    return { p, episode: episodes++, response };
  }

  /** The request of a first turn, with what the environment wrote before it. */
  private after(request: SampleRequest, { tokens }: ObservedText): SampleRequest {
    const { settings, promptTokens } = request;
    const maxResponseTokens = settings.maxResponseTokens - tokens.length;
    const context = tokens.length === 0 ? promptTokens : Int32Array.of(...promptTokens, ...tokens);
    return { ...request, promptTokens: context, settings: { ...settings, maxResponseTokens } };
  }

  private nextTurn({ p, response }: Place): SampleRequest {
    const { settings } = elementAt(this.requests, p);
    const turn = response.actions.length;
    return {
      promptTokens: response.context,
      count: 1,
      settings: { ...settings, maxResponseTokens: settings.maxResponseTokens - response.length },
      key: [this.request.key, laterTurns + response.index * this.parts.pool.maxTurns + turn],
    };
  }

  /** Tokens that the policy may still write after an observation. */
  private roomAfter(response: GrowingResponse, { tokens }: ObservedText): number {
    return this.request.sampling.maxResponseTokens - response.length - tokens.length;
  }

  private observed(problem: Problem, observation: Observation): ObservedText {
    const { tokenizer, vocabSize } = this.parts;
    try {
      if (typeof observation === 'string') return { text: observation, tokens: tokenizer.encode(observation) };
      const unknown = observation.find((token) => token < 0 || token >= vocabSize);
      if (unknown !== undefined) throw observationToken(problem, this.from, [unknown, vocabSize]);
      return { text: tokenizer.decode(observation), tokens: observation };
    } catch (error) {
      if (!isOrzError(error) || error.code === 'ORZ_ENVIRONMENT') throw error;
      throw observationNotTokenizable(problem, this.from, error);
    }
  }

  private indexOf(p: number, sample: number): number {
    const { firstIndex = 0, samples } = this.request;
    return (firstIndex + p) * samples + sample;
  }

  private keyOf(p: number): readonly number[] {
    return [this.request.key, (this.request.firstIndex ?? 0) + p];
  }

  private get from(): string {
    return originOfPart(this.parts.pool, 'the environment');
  }
}
