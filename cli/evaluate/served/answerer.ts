import { setMaxListeners } from 'node:events';
import type { Answer, Answerer, AnswererIdentity, AnswerOptions } from '../../../core/contracts/answerer.js';
import type { AnswerSettings, Question } from '../../../core/contracts/answerer.js';
import type { Problem } from '../../../core/contracts/data.js';
import { OrzError } from '../../../core/errors.js';
import { createRandom, hashName, type RandomStream } from '../../../core/random.js';
import { endedResponse, type Ended } from './ending.js';
import { someUnanswered } from './errors.js';
import { openServer, type OpenServer, type ServerOptions } from './open-server.js';
import { formOf } from '../form.js';
import { describePrompt, promptBody, shownPrompt, type ServedPrompt } from './prompt.js';
import { readChat, readCompletion, type Unreadable } from './replies.js';
import { plainSamplingOf } from './software.js';
import type { TrafficCounts } from './traffic.js';

export interface ServedOptions extends ServerOptions {
  readonly prompt: ServedPrompt;
  /** Requests that are open at once. */
  readonly concurrency: number;
  /** Milliseconds for one attempt at a response; absent: {@link deadlineFor}. */
  readonly deadlineMs?: number | undefined;
  /** Told what it took, at the end. */
  readonly onClose?: ((traffic: TrafficCounts) => Promise<void>) | undefined;
}

/** Milliseconds for one attempt: a server that is slower than two tokens a second, its queue included, is given up. */
export const deadlineFor = (maxResponseTokens: number): number => 60_000 + 500 * maxResponseTokens;

/** Bytes of JSON that an answer may have: far more than a token is long, in its longest spelling. */
const bytesFor = (maxResponseTokens: number): number => 1024 ** 2 + 256 * maxResponseTokens;

/** Requests that may fail for good while others succeed; with more, going on is of no use. */
const mostUnanswered = 16;

/** One sample of one question. */
interface Job {
  readonly question: Question;
  readonly sample: number;
}

/** Opens a server, and answers with its model. Throws as {@link openServer} does. */
export async function openServedAnswerer(options: ServedOptions, signal: AbortSignal): Promise<ServedAnswerer> {
  return new ServedAnswerer(await openServer(options, signal), options);
}

/**
 * A model behind the OpenAI API: of vLLM, SGLang, llama.cpp, Ollama or transformers. Each sample is a request of its
 * own, with a seed of its own: not every server takes several samples at once.
 */
export class ServedAnswerer implements Answerer {
  readonly identity: AnswererIdentity;
  readonly isWellFormed?: (text: string) => boolean;
  private readonly seeds: RandomStream;

  constructor(
    private readonly server: OpenServer,
    private readonly options: ServedOptions,
  ) {
    const { model, url, ownedBy } = server;
    const form = options.prompt.api === 'completions' ? formOf(options.prompt.template) : undefined;
    if (form) this.isWellFormed = form;
    this.seeds = createRandom(options.seed).stream('server-samples');
    this.identity = {
      kind: 'server',
      name: model,
      weights: null,
      prompt: describePrompt(options.prompt),
      computedBy: { url, ...(ownedBy !== undefined && { ownedBy }), ...plainSamplingOf(ownedBy) },
    };
  }

  /** Requests so far. */
  get traffic(): TrafficCounts {
    return this.server.connection.traffic.counts();
  }

  promptOf(problem: Problem): string {
    return shownPrompt(promptBody(this.options.prompt, problem));
  }

  /**
   * A request that fails for good ends everything if the server has answered nothing else meanwhile; otherwise the rest
   * is asked first.
   */
  async answer(questions: readonly Question[], settings: AnswerSettings, options: AnswerOptions): Promise<void> {
    const stopping = new AbortController();
    const signal = AbortSignal.any([options.signal, stopping.signal]);
    setMaxListeners(0, signal);
    const unanswered: OrzError[] = [];
    const jobs = jobsOf(questions);
    const work = async (): Promise<void> => {
      for (const job of jobs) {
        const response = await this.respond(job, settings, signal, unanswered);
        if (response === undefined) continue;
        await options.onAnswer(answerOf(job, response));
      }
    };
    const workers = Array.from({ length: this.options.concurrency }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      stopping.abort(error);
      await Promise.allSettled(workers);
      options.signal.throwIfAborted();
      throw error;
    }
    const [first] = unanswered;
    if (first !== undefined) throw someUnanswered(this.server.url, unanswered.length, first);
  }

  async close(): Promise<void> {
    await this.options.onClose?.(this.traffic);
  }

  /** Undefined for a request that failed while others succeeded; its error goes to `unanswered`. */
  private async respond(
    job: Job,
    settings: AnswerSettings,
    signal: AbortSignal,
    unanswered: OrzError[],
  ): Promise<Ended | undefined> {
    const { traffic } = this.server.connection;
    const before = traffic.successes;
    try {
      return await this.request(job, settings, signal);
    } catch (error) {
      const isLost = error instanceof OrzError && error.code === 'ORZ_SERVER_UNREACHABLE';
      if (!isLost || traffic.successes === before) throw error;
      unanswered.push(error);
      if (unanswered.length > mostUnanswered) throw someUnanswered(this.server.url, unanswered.length, error);
      return undefined;
    }
  }

  private request({ question, sample }: Job, settings: AnswerSettings, signal: AbortSignal): Promise<Ended> {
    const { prompt, deadlineMs } = this.options;
    const { connection, model, models, ownedBy } = this.server;
    const { temperature, topP, maxResponseTokens } = settings;
    const stop = prompt.api === 'completions' ? prompt.template.stop : [];
    const key = [hashName(question.problem.id), sample] as const;
    const readReply = prompt.api === 'completions' ? readCompletion : readChat;
    const read = (text: string): Ended | Unreadable => {
      const reply = readReply(text);
      return 'problem' in reply ? reply : endedResponse(reply, stop);
    };
    return connection.call({
      path: prompt.api === 'completions' ? 'completions' : 'chat/completions',
      body: {
        model,
        ...promptBody(prompt, question.problem),
        max_tokens: maxResponseTokens,
        temperature,
        top_p: topP,
        ...plainSamplingOf(ownedBy),
        ...(stop.length > 0 && { stop }),
        // Greedy decoding has no randomness. Servers differ in the range that they take; all take 31 bits.
        ...(temperature > 0 && { seed: this.seeds.integer(2 ** 31, ...key) }),
      },
      what: `question ${question.index} ('${question.problem.id}'), sample ${sample}`,
      model,
      models,
      id: key,
      limits: { deadlineMs: deadlineMs ?? deadlineFor(maxResponseTokens), maxBytes: bytesFor(maxResponseTokens) },
      signal,
      read,
    });
  }
}

function* jobsOf(questions: readonly Question[]): Generator<Job> {
  for (const question of questions) for (const sample of question.samples) yield { question, sample };
}

const answerOf = ({ question, sample }: Job, response: Ended): Answer => ({
  question: question.index,
  sample,
  ...response,
});
