import type { Answerer, AnswerSettings } from '../../core/contracts/answerer.js';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import type { Problem } from '../../core/contracts/data.js';
import { evaluateQuestions } from '../../core/evaluation/evaluate.js';
import type { BenchmarkResult, EvaluationResults, ResponseLine } from '../../core/evaluation/results.js';
import { summarise, type GradedResponse } from '../../core/evaluation/summarise.js';
import { noRoom } from './errors.js';
import { EvaluationFolder, type EvaluationSettings } from './folder.js';
import { checkGrading, type CheckedGrading, type EvaluationContext } from './grading.js';
import { openQuestions, questionsHash } from './questions.js';
import type { ResponseFile } from './response-file.js';

/** One model on some benchmarks. */
export interface EvaluationRequest {
  readonly answerer: Answerer;
  readonly benchmarks: readonly Benchmark[];
  readonly context: EvaluationContext;
  /** Name and version of this program. */
  readonly producer: string;
  readonly seed: number;
  /** Whether the response limit was chosen: one that does not fit is then an error, and not lowered. */
  readonly exactLimit: boolean;
  /** Folder of the evaluation: a new one, or one with the same settings, which then goes on. */
  readonly out: string;
  readonly signal: AbortSignal;
  /** Called with each question and all its graded responses, in order, once a benchmark is done. */
  readonly onQuestion?: (question: Problem, responses: readonly GradedResponse[]) => void;
}

/** A benchmark with its questions and everything that decides how it is measured. */
interface Prepared {
  readonly problems: readonly Problem[];
  readonly grading: CheckedGrading;
  readonly settings: AnswerSettings;
  readonly record: EvaluationSettings['benchmarks'][number];
}

/**
 * Measures a model and writes the folder of the evaluation. Throws the reason of an abort, with all finished questions
 * kept, ORZ_PROMPT_TOO_LONG, what {@link EvaluationFolder.open} throws, and what answerer, data and reward throw.
 */
export async function evaluate(request: EvaluationRequest): Promise<EvaluationResults> {
  const { answerer, benchmarks, producer, seed, out } = request;
  const prepared: Prepared[] = [];
  for (const benchmark of benchmarks) prepared.push(await prepare(benchmark, request));
  const about = { version: 1, producer, seed, model: answerer.identity } as const;
  const folder = await EvaluationFolder.open(out, { ...about, benchmarks: prepared.map(({ record }) => record) });
  try {
    const measured: BenchmarkResult[] = [];
    for (const each of prepared) measured.push(await measure(each, folder, request));
    const results: EvaluationResults = { ...about, benchmarks: measured };
    await folder.writeResults(results);
    return results;
  } finally {
    await folder.close();
  }
}

async function prepare(benchmark: Benchmark, request: EvaluationRequest): Promise<Prepared> {
  const { name, title, source, licence, form, protocol } = benchmark;
  const problems = await openQuestions(benchmark, request.context.events);
  const grading = await checkGrading(benchmark.grading, request.context);
  const { samples, temperature, topP } = protocol;
  const { maxResponseTokens, origin } = limitFor(benchmark, problems, request);
  return {
    problems,
    grading,
    settings: { temperature, topP, maxResponseTokens },
    record: {
      name,
      title,
      source,
      licence,
      questionsHash: questionsHash(problems),
      form,
      grading: grading.grading,
      verifier: grading.verifier,
      sampling: { samples, temperature, topP, maxResponseTokens, origin },
    },
  };
}

/** The response limit of the protocol, lowered to what the model has room for where nobody chose it. */
function limitFor(
  { name, protocol }: Benchmark,
  problems: readonly Problem[],
  { answerer, exactLimit, context }: EvaluationRequest,
): Pick<EvaluationSettings['benchmarks'][number]['sampling'], 'maxResponseTokens' | 'origin'> {
  const { maxResponseTokens: wanted, origin } = protocol;
  const room = answerer.room?.(problems) ?? Infinity;
  if (wanted <= room) return { maxResponseTokens: wanted, origin };
  if (exactLimit || room < 1) throw noRoom(name, room, wanted);
  const why = `beside the longest prompt of ${name} the model has room for ${room} tokens, not ${wanted}`;
  context.events.log('warn', `responses are limited to ${room} tokens: ${why}`);
  return { maxResponseTokens: room, origin: `${origin}; maxResponseTokens: ${why}` };
}

async function measure(
  { problems, grading, settings, record }: Prepared,
  folder: EvaluationFolder,
  request: EvaluationRequest,
): Promise<BenchmarkResult> {
  const { samples } = record.sampling;
  const file = await folder.responses(record.name, { questions: problems.length, samples });
  const open = [...problems.keys()].filter((index) => !file.has(index));
  if (open.length > 0) await answerOpen({ problems, grading, settings, record }, { open, file }, request);
  await file.finish();
  const questions: {
    readonly lines: readonly GradedResponse[];
    readonly result: BenchmarkResult['questions'][number];
  }[] = [];
  for (const [index, problem] of problems.entries()) {
    const responses = await file.read(index);
    const lines = responses.map((line) => gradedResponse(line, request.answerer));
    request.onQuestion?.(problem, lines);
    questions.push({ lines, result: { id: problem.id, rewards: lines.map(({ reward }) => reward) } });
  }
  return {
    ...record,
    statistics: summarise(questions.map(({ lines }) => lines)),
    questions: questions.map(({ result }) => result),
  };
}

interface OpenQuestions {
  readonly open: readonly number[];
  readonly file: ResponseFile;
}

async function answerOpen(
  { problems, grading, settings, record: { name, sampling } }: Prepared,
  { open, file }: OpenQuestions,
  { answerer, context: { events }, signal }: EvaluationRequest,
): Promise<void> {
  const { samples } = sampling;
  const done = (problems.length - open.length) * samples;
  if (done > 0) events.log('info', `${name}: ${problems.length - open.length} questions are answered already`);
  const phase = events.phase(name, open.length * samples, 'responses');
  const pool = await grading.open();
  let responses = 0;
  const rewards = { sum: 0, count: 0 };
  try {
    await evaluateQuestions({
      ...{ answerer, rewards: pool, problems, open, samples, settings, signal },
      keep: (lines) => {
        for (const { reward } of lines) rewards.sum += reward;
        rewards.count += lines.length;
        return file.keep(lines);
      },
      onResponse: () => {
        phase.progress(++responses, runningMean(rewards));
      },
    });
  } finally {
    phase.end();
    await pool.dispose();
  }
}

/** Of what is graded so far; nothing before the first question is done. */
const runningMean = ({ sum, count }: { readonly sum: number; readonly count: number }): string | undefined =>
  count === 0 ? undefined : `${((100 * sum) / count).toFixed(1)} % right`;

function gradedResponse(
  { reward, verdict, answer, stopReason, responseTokens, text }: ResponseLine,
  { isWellFormed }: Answerer,
): GradedResponse {
  return {
    reward,
    verdict,
    answer,
    truncated: stopReason === 'length',
    tokens: responseTokens,
    ...(isWellFormed && { wellFormed: isWellFormed(text) }),
  };
}
