import type { ProblemSet } from '../contracts/problems.js';
import type { OrzError } from '../errors.js';
import { requireDistinctIds } from './distinct-ids.js';
import { allFiltered, filterFailed, heldOutPromptTooLong, passRateOfGenerated } from './errors.js';
import { FilterPass, sampleList, type FilteredList, type FilterOptions } from './filter-pass.js';
import { OverlapIndex } from './overlap.js';
import { keptProblems } from './problem-list.js';
import { lengthReport, type DataReport, type EvaluationReport, type Finding } from './report.js';
import { sourceReports } from './source-reports.js';

/** The options are those for training problems. */
export interface PrepareRequest extends FilterOptions {
  readonly problems: ProblemSet;
  /** Maximum tokens of a held-out prompt, template included. */
  readonly maxHeldOutTokens: number;
  /** Lists longer than this are made on demand and are not filtered. */
  readonly filteredUpTo: number;
}

export interface PreparedProblems {
  readonly problems: ProblemSet;
  readonly report: DataReport;
  /**
   * Why these problems cannot be trained on: a filter set to `fail`, no problem left, a held-out prompt that is too
   * long.
   */
  readonly failure?: OrzError;
}

/**
 * Checks all problems before training. Training problems that the filters drop are left out, held-out ones never; both
 * are counted. A list made on demand is taken as it is, and its first problems represent the rest in the report. Throws
 * ORZ_DATA_MALFORMED if different problems have one id, ORZ_DATA_REJECTED if pass rates are asked for and a problem has
 * none.
 */
export async function prepareProblems(request: PrepareRequest): Promise<PreparedProblems> {
  const { train, evaluation } = request.problems;
  const generated = train.length > request.filteredUpTo;
  if (generated && request.filters.passRate !== undefined) throw passRateOfGenerated();
  if (!generated) requireDistinctIds(train, 'training problems');
  for (const [name, list] of Object.entries(evaluation)) requireDistinctIds(list, `problems of ${name}`);
  const filtered = generated
    ? await sampleList(request.prompts, train)
    : await new FilterPass(request, train, 'training problems').run(overlapIndex(request));
  const heldOut = await checkHeldOut(request);
  const kept = generated ? train : keptProblems(train, filtered.kept);
  const report: DataReport = {
    generated,
    problems: train.length,
    kept: kept.length,
    sources: sourceReports(train, kept, filtered.dropped),
    filters: filtered.filters,
    evaluation: heldOut.map(({ report: each }) => each),
    promptTokens: lengthReport(filtered.lengths),
    answerKinds: filtered.answerKinds,
  };
  const tooLong = heldOut.flatMap(({ checked }) => examplesOf(checked, 'promptTooLong'));
  const failure = failureOf(report, tooLong, request.maxHeldOutTokens);
  return { problems: { train: kept, evaluation }, report, ...(failure && { failure }) };
}

function overlapIndex({ problems, filters }: PrepareRequest): OverlapIndex | undefined {
  const heldOut = Object.values(problems.evaluation).flatMap((list) =>
    Array.from({ length: list.length }, (_, i) => list.at(i)),
  );
  if (heldOut.length === 0) return undefined;
  return new OverlapIndex(heldOut, { words: filters.overlapWords, share: filters.overlapShare });
}

/** Held-out problems need no pass rate. */
const keepAll = {
  emptyAnswer: 'keep',
  duplicate: 'keep',
  overlap: 'keep',
  ungradable: 'keep',
  passRate: undefined,
} as const;

/** Reports on the held-out sets; nothing is dropped from them. */
async function checkHeldOut(request: PrepareRequest) {
  const options: FilterOptions = {
    ...request,
    maxPromptTokens: request.maxHeldOutTokens,
    filters: { ...request.filters, ...keepAll },
  };
  const sets: { readonly checked: FilteredList; readonly report: EvaluationReport }[] = [];
  for (const [name, list] of Object.entries(request.problems.evaluation)) {
    const checked = await new FilterPass(options, list, name).run(undefined);
    const { form, notes = [] } = list.parts?.[0] ?? {};
    const report = {
      name,
      ...(form !== undefined && { form }),
      ...(notes.length > 0 && { notes }),
      problems: list.length,
      found: checked.filters,
      promptTokens: lengthReport(checked.lengths),
    };
    sets.push({ checked, report });
  }
  return sets;
}

const examplesOf = ({ filters }: FilteredList, name: string): readonly Finding[] =>
  filters.find(({ filter }) => filter === name)?.examples ?? [];

function failureOf(report: DataReport, heldOutTooLong: readonly Finding[], limit: number): OrzError | undefined {
  const failed = report.filters.find(({ action, found }) => action === 'fail' && (found ?? 0) > 0);
  if (failed !== undefined) return filterFailed(failed);
  const [tooLong] = heldOutTooLong;
  if (tooLong !== undefined) return heldOutPromptTooLong(tooLong, limit);
  const empty = report.sources.find((source) => source.kept === 0 && (source.share > 0 || report.kept === 0));
  return empty && allFiltered(empty);
}
