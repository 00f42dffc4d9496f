import type { EvaluationComparison } from '../../../core/evaluation/compare.js';
import type { BenchmarkResult, EvaluationResults } from '../../../core/evaluation/results.js';
import type { Document, Table } from './document.js';
import { percent, percentWithInterval, tokensWithInterval } from './figures.js';
import { publishedRows } from './published.js';

/** An evaluation with the name it has in tables. */
export interface LabelledEvaluation {
  readonly name: string;
  readonly results: EvaluationResults;
}

/** The tables of evaluations: mean@k of every model on every benchmark, then everything else by benchmark. */
export function evaluationDocument(evaluations: readonly LabelledEvaluation[], published: boolean): Document {
  const benchmarks = evaluations.flatMap(({ results }) => results.benchmarks);
  const names = [...new Set(benchmarks.map(({ name }) => name))];
  const titles = new Map(benchmarks.map(({ name, title }) => [name, title]));
  const peers = published ? peersOf(names) : [];
  const means: Table = {
    caption: 'mean@k in percent, with 95 % intervals',
    head: ['model', ...names.map((name) => titles.get(name) ?? name)],
    rows: [
      ...evaluations.map(({ name, results }) => [name, ...names.map((benchmark) => meanOn(results, benchmark))]),
      ...peers.map(({ model, scores }) => [model, ...names.map((name) => scores[name]?.toFixed(1) ?? '–')]),
    ],
  };
  const details = names.map((name) => detailTable(evaluations, name, titles.get(name) ?? name));
  return { tables: [means, ...details], notes: sourcesOf(peers) };
}

const peersOf = (names: readonly string[]) =>
  publishedRows.filter(({ scores }) => names.some((name) => scores[name] !== undefined));

/** One line for each source, with the rows that are from it. */
function sourcesOf(peers: typeof publishedRows): string[] {
  const sources = [...new Set(peers.map(({ source }) => source))];
  return sources.map((source) => {
    const models = peers.filter((peer) => peer.source === source).map(({ model }) => model);
    return `Published: ${models.join('; ')}: ${source}.`;
  });
}

function meanOn({ benchmarks }: EvaluationResults, name: string): string {
  const result = benchmarks.find((benchmark) => benchmark.name === name);
  return result === undefined ? '–' : percentWithInterval(result.statistics.mean);
}

const detailHead = ['model', 'questions', 'pass@1', 'pass@k', 'maj@k', 'well-formed', 'truncated', 'no answer'];

function detailTable(evaluations: readonly LabelledEvaluation[], benchmark: string, title: string): Table {
  const rows = evaluations.flatMap(({ name, results }) =>
    results.benchmarks.filter((result) => result.name === benchmark).map((result) => [name, ...detailsOf(result)]),
  );
  return { caption: title, head: [...detailHead, 'tokens if right', 'tokens if wrong'], rows };
}

function detailsOf({ questions, sampling, statistics }: BenchmarkResult): string[] {
  const { passAtK, majorityAtK, wellFormed, truncated, noAnswer, lengthRight, lengthWrong } = statistics;
  const [first, pass, majority] = [passAtK[0], passAtK.at(-1), majorityAtK.at(-1)];
  return [
    `${questions.length} × ${sampling.samples}`,
    first === undefined ? '–' : percentWithInterval(first),
    pass === undefined ? '–' : `${percentWithInterval(pass)} k=${pass.k}`,
    majority === undefined ? '–' : `${percentWithInterval(majority)} k=${majority.k}`,
    wellFormed === null ? '–' : percent(wellFormed.mean),
    truncated === null ? '–' : percent(truncated.mean),
    percent(noAnswer.mean),
    tokensWithInterval(lengthRight),
    tokensWithInterval(lengthWrong),
  ];
}

/** The paired differences, then a sentence for each benchmark and what else differs. */
export function comparisonDocument({ a, b, benchmarks, unpaired }: EvaluationComparison): Document {
  const differences: Table = {
    caption: `${a} minus ${b}, paired by question: percentage points with 95 % intervals`,
    head: ['benchmark', 'questions', a, b, 'difference', 'pass@k difference'],
    rows: benchmarks.map((benchmark) => {
      const pass = benchmark.passAtK.at(-1);
      return [
        benchmark.title,
        String(benchmark.questions),
        percentWithInterval(benchmark.a),
        percentWithInterval(benchmark.b),
        percentWithInterval(benchmark.difference),
        pass === undefined ? '–' : `${percentWithInterval(pass)} k=${pass.k}`,
      ];
    }),
  };
  const warnings = benchmarks.flatMap(({ title, settings }) =>
    settings.map(({ setting, a: of, b: other }) => `${title}: different ${setting}: ${of} and ${other}.`),
  );
  return {
    tables: [differences],
    notes: [
      ...benchmarks.map(({ title, sentence }) => `${title}: ${sentence}`),
      ...warnings,
      ...unpaired.map((name) => `${name} is in one of the two only.`),
    ],
  };
}
