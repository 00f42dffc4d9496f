import { stopTokensOf, encodePrompt } from '../../core/train/loop/prompt-encoder.js';
import { elementAt } from '../../core/arrays.js';
import type {
  Answerer,
  AnswererIdentity,
  AnswerOptions,
  AnswerSettings,
  Question,
} from '../../core/contracts/answerer.js';
import type { Problem } from '../../core/contracts/data.js';
import type { Template } from '../../core/contracts/problems.js';
import type { Completion, SampleRequest } from '../../core/contracts/sampler.js';
import type { OpenedModel } from '../model/open-model.js';
import { openSampler, type OpenedSampler } from '../model/open-sampler.js';
import { formOf } from './form.js';
import { hashingWeights } from '../model/weight-hash.js';

/** Responses that the sampler is given at once: enough to keep its lanes full, and few enough to hold in memory. */
const responsesAtOnce = 4096;

/**
 * A model of this process. Closes the model when it is closed, and at once if its weights cannot be loaded. A response
 * depends on weights, seed, position of the question and number of the sample, and on nothing else in the batch.
 */
export async function openLocalAnswerer(model: OpenedModel): Promise<Answerer> {
  try {
    const opening: { hash: () => string | null } = { hash: () => null };
    const opened = await openSampler(model, (base) => {
      const hashing = hashingWeights(base);
      opening.hash = hashing.value;
      return hashing.base;
    });
    return new LocalAnswerer(model, opened, identityOf(model, opened, opening.hash()));
  } catch (error) {
    await model.close();
    throw error;
  }
}

function identityOf(model: OpenedModel, { device }: OpenedSampler, weights: string | null): AnswererIdentity {
  const { template, backend } = model.resolved.config;
  return { ...model.identity, weights, prompt: template, computedBy: { ...backend, device: device.device } };
}

class LocalAnswerer implements Answerer {
  readonly isWellFormed?: (text: string) => boolean;
  private readonly template: Template;

  constructor(
    private readonly model: OpenedModel,
    private readonly opened: OpenedSampler,
    readonly identity: AnswererIdentity,
  ) {
    this.template = model.container.get('template');
    const form = formOf(this.template);
    if (form) this.isWellFormed = form;
  }

  promptOf(problem: Problem): string {
    return this.template.render(problem, this.model.description);
  }

  room(problems: readonly Problem[]): number {
    const { maxPositions } = this.model.description.config;
    return problems.reduce(
      (least, problem) => Math.min(least, maxPositions - this.encode(problem).length),
      maxPositions,
    );
  }

  async answer(questions: readonly Question[], settings: AnswerSettings, options: AnswerOptions): Promise<void> {
    for (const wave of waves(questions)) await this.answerWave(wave, settings, options);
  }

  async close(): Promise<void> {
    try {
      await this.opened.dispose();
    } finally {
      await this.model.close();
    }
  }

  private async answerWave(
    questions: readonly Question[],
    settings: AnswerSettings,
    { signal, onAnswer }: AnswerOptions,
  ): Promise<void> {
    const failing = new AbortController();
    const handing: Promise<void>[] = [];
    await this.opened.sampler.sample(
      questions.map((question) => this.requestOf(question, settings)),
      {
        signal: AbortSignal.any([signal, failing.signal]),
        onDone: (completion) => {
          const question = elementAt(questions, completion.request);
          if (!question.samples.includes(completion.sample)) return;
          const { sample, stopReason, tokens } = completion;
          const answer = { question: question.index, sample, stopReason, responseTokens: tokens.length };
          handing.push(
            onAnswer({ ...answer, text: this.textOf(completion) }).catch((error: unknown) => {
              failing.abort(error);
            }),
          );
        },
      },
    );
    await Promise.all(handing);
    failing.signal.throwIfAborted();
  }

  private requestOf({ index, problem, samples }: Question, settings: AnswerSettings): SampleRequest {
    return {
      promptTokens: this.encode(problem),
      // Sample number i is drawn from its own stream, so that those before the last one wanted come along.
      count: Math.max(...samples) + 1,
      key: [index],
      settings: { ...settings, topK: 0, stop: this.template.stop, stopTokens: this.stopTokens() },
    };
  }

  private encode(problem: Problem): Int32Array {
    return encodePrompt(this.model.description, this.template, problem);
  }

  private stopTokens(): readonly number[] {
    return stopTokensOf(this.model.description, this.template);
  }

  /** Without the token that ended it, which is no text of the model's. */
  private textOf({ text, tokens }: Completion): string {
    const last = tokens.at(-1);
    if (last === undefined || !this.stopTokens().includes(last)) return text;
    const ending = this.model.description.tokenizer.decode([last]);
    return ending !== '' && text.endsWith(ending) ? text.slice(0, -ending.length) : text;
  }
}

/** The questions in order, cut where there are enough responses. */
function* waves(questions: readonly Question[]): Generator<readonly Question[]> {
  let wave: Question[] = [];
  let responses = 0;
  for (const question of questions) {
    wave.push(question);
    responses += question.samples.length;
    if (responses < responsesAtOnce) continue;
    yield wave;
    [wave, responses] = [[], 0];
  }
  if (wave.length > 0) yield wave;
}
