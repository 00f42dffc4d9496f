import { elementAt, zip } from '../arrays.js';
import { passAtK } from '../recipe/pass-at-k.js';
import { differentQuestions, noCommonBenchmark } from './errors.js';
import type { Estimate } from './intervals.js';
import { describeDifference, pairedDifference } from './paired-difference.js';
import type { BenchmarkResult, EvaluationResults } from './results.js';
import { ksUpTo } from './summarise.js';

/** An evaluation with the name that a comparison calls it by. */
export interface NamedEvaluation {
  readonly name: string;
  readonly results: EvaluationResults;
}

/** A setting that is not the same in both; values as JSON. */
export interface SettingDifference {
  readonly setting: string;
  readonly a: string;
  readonly b: string;
}

/** Two models on the questions of one benchmark. Differences are a − b. */
export interface BenchmarkComparison {
  readonly name: string;
  readonly title: string;
  readonly questions: number;
  readonly a: Estimate;
  readonly b: Estimate;
  readonly difference: Estimate;
  /** For every k that both have; empty where a reward lies between 0 and 1. */
  readonly passAtK: readonly ({ readonly k: number } & Estimate)[];
  /** Of mean@k. */
  readonly sentence: string;
  /** What else than the model differs, and so may be the cause of the difference. */
  readonly settings: readonly SettingDifference[];
}

export interface EvaluationComparison {
  readonly a: string;
  readonly b: string;
  readonly benchmarks: readonly BenchmarkComparison[];
  /** Benchmarks of only one of the two. */
  readonly unpaired: readonly string[];
}

/**
 * The paired differences of two evaluations on all benchmarks that both have. Throws ORZ_USAGE where the
 * questions of a benchmark are not the same, or where no benchmark is.
 */
export function compareEvaluations(a: NamedEvaluation, b: NamedEvaluation): EvaluationComparison {
  const [first, second] = [a.results.benchmarks, b.results.benchmarks];
  const pairs = first.flatMap((of) =>
    second.filter(({ name }) => name === of.name).map((other) => [of, other] as const),
  );
  const names = [first, second].map((benchmarks) => benchmarks.map(({ name }) => name));
  if (pairs.length === 0) throw noCommonBenchmark(elementAt(names, 0), elementAt(names, 1));
  const paired = new Set(pairs.map(([{ name }]) => name));
  return {
    a: a.name,
    b: b.name,
    benchmarks: pairs.map(([of, other]) => compareBenchmark([a, of], [b, other])),
    unpaired: names.flat().filter((name) => !paired.has(name)),
  };
}

type OneSide = readonly [evaluation: NamedEvaluation, result: BenchmarkResult];

function compareBenchmark([a, resultA]: OneSide, [b, resultB]: OneSide): BenchmarkComparison {
  requireSameQuestions(resultA, resultB);
  const difference = shareDifference(questionMeans(resultA), questionMeans(resultB));
  return {
    name: resultA.name,
    title: resultA.title,
    questions: resultA.questions.length,
    a: resultA.statistics.mean,
    b: resultB.statistics.mean,
    difference,
    passAtK: passDifferences(resultA, resultB),
    sentence: describeDifference(difference, a.name, b.name),
    settings: settingDifferences([a, resultA], [b, resultB]),
  };
}

function requireSameQuestions(a: BenchmarkResult, b: BenchmarkResult): void {
  if (a.questionsHash === b.questionsHash && a.questions.length === b.questions.length) return;
  if (a.questions.length !== b.questions.length)
    throw differentQuestions(a.name, `${a.questions.length} questions`, `${b.questions.length} questions`);
  for (const [of, other, i] of zip(a.questions, b.questions))
    if (of.id !== other.id) throw differentQuestions(a.name, `question ${i}: ${of.id}`, `question ${i}: ${other.id}`);
  throw differentQuestions(a.name, `questions hash ${a.questionsHash}`, `questions hash ${b.questionsHash}`);
}

/** Shares do not differ by more than 1. */
function shareDifference(a: readonly number[], b: readonly number[]): Estimate {
  const { mean, interval } = pairedDifference(a, b);
  return { mean, interval: interval && [Math.max(-1, interval[0]), Math.min(1, interval[1])] };
}

const questionMeans = ({ questions }: BenchmarkResult): number[] =>
  questions.map(({ rewards }) => rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length);

function passDifferences(a: BenchmarkResult, b: BenchmarkResult): BenchmarkComparison['passAtK'] {
  const all = [...a.questions, ...b.questions];
  if (all.some(({ rewards }) => rewards.some((reward) => reward !== 0 && reward !== 1))) return [];
  const fewest = (result: BenchmarkResult): number =>
    result.questions.reduce((least, { rewards }) => Math.min(least, rewards.length), Infinity);
  const inBoth = new Set(ksUpTo(fewest(a)));
  return ksUpTo(fewest(b))
    .filter((k) => inBoth.has(k))
    .map((k) => ({ k, ...shareDifference(passesOf(a, k), passesOf(b, k)) }));
}

const passesOf = ({ questions }: BenchmarkResult, k: number): number[] =>
  questions.map(({ rewards }) => passAtK(rewards.length, rewards.filter((reward) => reward === 1).length, k));

function settingDifferences([a, resultA]: OneSide, [b, resultB]: OneSide): SettingDifference[] {
  const settingsOf = ({ results }: NamedEvaluation, { sampling, grading, verifier }: BenchmarkResult) => ({
    samples: sampling.samples,
    temperature: sampling.temperature,
    'top-p': sampling.topP,
    'response limit': sampling.maxResponseTokens,
    grading,
    verifier,
    prompt: results.model.prompt,
  });
  const [first, second] = [Object.entries(settingsOf(a, resultA)), Object.values(settingsOf(b, resultB))];
  return [...zip(first, second)]
    .map(([[setting, value], other]) => ({ setting, a: asJson(value), b: asJson(other) }))
    .filter((one) => one.a !== one.b);
}

/** Keys in alphabetical order, so that their order is no difference. */
const asJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
      : inner,
  );
