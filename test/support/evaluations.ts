import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult, EvaluationResults, ResponseLine } from '../../core/evaluation/results.js';
import { summarise } from '../../core/evaluation/summarise.js';
import { createRandom } from '../../core/random.js';

export interface FakeOptions {
  readonly model?: string;
  readonly benchmark?: string;
  readonly questions?: number;
  readonly samples?: number;
  readonly temperature?: number;
  /** Chance of a right response to the easiest question; the hardest has none. */
  readonly skill?: number;
  readonly seed?: number;
  /** Text of a response; a sum with a box if absent. */
  readonly text?: (question: number, sample: number) => string;
}

/** An evaluation on sums, with its responses, as the command would have written them. */
export function fakeEvaluation(options: FakeOptions = {}): { results: EvaluationResults; lines: ResponseLine[] } {
  const { model = 'models/first', benchmark = 'sums', questions = 20, samples = 4 } = options;
  const { temperature = 1, skill = 0.8, seed = 1 } = options;
  const random = createRandom(seed).stream(model);
  const groups = Array.from({ length: questions }, (_, question) =>
    Array.from({ length: samples }, (_, sample) => fakeLine(options, { question, sample, skill, random, questions })),
  );
  const graded = groups.map((lines) =>
    lines.map(({ reward, verdict, answer, stopReason, responseTokens }) => ({
      ...{ reward, verdict: verdict as 'wrong', answer, tokens: responseTokens },
      truncated: stopReason === 'length',
    })),
  );
  const result: BenchmarkResult = {
    name: benchmark,
    title: `Benchmark ${benchmark}`,
    source: 'made for tests',
    licence: 'MIT',
    questionsHash: createHash('sha256').update(`${benchmark} ${questions}`).digest('hex'),
    form: 'open',
    grading: { type: 'math' },
    verifier: 'math 1',
    sampling: { samples, temperature, topP: 1, maxResponseTokens: 64, origin: 'a test' },
    statistics: summarise(graded),
    questions: groups.map((lines, i) => ({ id: `sums/${i}`, rewards: lines.map(({ reward }) => reward) })),
  };
  const results: EvaluationResults = {
    version: 1,
    producer: 'orz-train 0.0.0',
    seed,
    model: { kind: 'model', name: model, weights: null, prompt: { type: 'orz' }, computedBy: { type: 'reference' } },
    benchmarks: [result],
  };
  return { results, lines: groups.flat() };
}

interface Place {
  readonly question: number;
  readonly sample: number;
  readonly questions: number;
  readonly skill: number;
  readonly random: ReturnType<ReturnType<typeof createRandom>['stream']>;
}

function fakeLine({ text }: FakeOptions, { question, sample, questions, skill, random }: Place): ResponseLine {
  const right = random.uniform(question, sample, 0) < skill * (1 - question / questions);
  const cut = !right && random.uniform(question, sample, 1) < 0.2;
  const answer = String(question + (right ? 2 : 3));
  return {
    ...{
      question,
      sample,
      problem: `sums/${question}`,
      prompt: `What is ${question} + 2?`,
      gold: String(question + 2),
    },
    text: text?.(question, sample) ?? `Let me add.\n<answer>\\boxed{${answer}}</answer>`,
    stopReason: cut ? 'length' : 'stop',
    responseTokens: 10 + random.integer(50, question, sample, 2),
    verdict: right ? 'correct' : cut ? 'truncated' : 'wrong',
    reward: right ? 1 : 0,
    ...(!cut && { answer }),
  };
}

/** Writes it as a folder of the command; returns the path. */
export function writeEvaluation(options: FakeOptions = {}): string {
  const { results, lines } = fakeEvaluation(options);
  const folder = mkdtempSync(join(tmpdir(), 'orz-evaluation-'));
  mkdirSync(join(folder, 'responses'));
  writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
  const name = results.benchmarks[0]?.name ?? '';
  writeFileSync(join(folder, 'responses', `${name}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return folder;
}
