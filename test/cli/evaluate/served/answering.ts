import { onTestFinished } from 'vitest';
import type { Answer, AnswerSettings, Question } from '../../../../core/contracts/answerer.js';
import {
  openServedAnswerer,
  type ServedAnswerer,
  type ServedOptions,
} from '../../../../cli/evaluate/served/answerer.js';
import { FakeServer } from './fake-server.js';

export const greedy: AnswerSettings = { temperature: 0, topP: 1, maxResponseTokens: 32 };

/** Pauses that a test does not notice. */
export const quick = { attempts: 3, firstPauseMs: 1, maxPauseMs: 2, maxAskedPauseMs: 5 };

export async function startServer(): Promise<FakeServer> {
  const server = await FakeServer.start();
  onTestFinished(() => server.stop());
  return server;
}

export const neverAborted = (): AbortSignal => new AbortController().signal;

/** An answerer that asks for chat, one request at a time. */
export async function openAt(url: string, options: Partial<ServedOptions> = {}): Promise<ServedAnswerer> {
  const answerer = await openServedAnswerer(
    {
      url,
      environment: {},
      seed: 1,
      patience: quick,
      prompt: { api: 'chat', system: undefined, instruction: '' },
      concurrency: 1,
      ...options,
    },
    neverAborted(),
  );
  onTestFinished(() => answerer.close());
  return answerer;
}

export const questions = (count: number, samples = 1): Question[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    problem: { id: `sums/${index}`, prompt: `What is ${index} + 4?`, answer: String(index + 4) },
    samples: Array.from({ length: samples }, (_, sample) => sample),
  }));

/** What came until the end, and the error that ended it. */
export async function answersOf(
  answerer: ServedAnswerer,
  asked: readonly Question[],
  settings: AnswerSettings = greedy,
): Promise<{ readonly answers: Answer[]; readonly error: unknown }> {
  const answers: Answer[] = [];
  const onAnswer = async (answer: Answer): Promise<void> => {
    answers.push(answer);
  };
  const error: unknown = await answerer.answer(asked, settings, { signal: neverAborted(), onAnswer }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { answers, error };
}
