import type { Problem } from '../contracts/data.js';
import type { RunEvents } from '../contracts/run-events.js';
import type { ListPart, ProblemList, ProblemSet } from '../contracts/problems.js';
import type { AnswerCheck } from '../contracts/reward.js';
import { OrzError } from '../errors.js';
import type { DataFilters, FilterName } from './filters.js';
import { filterNames } from './filters.js';
import { normalisePrompt } from './normalise.js';
import { OverlapIndex } from './overlap.js';
import { selectProblems } from './problem-list.js';
import type { PromptMeter } from './prompt-meter.js';
import {
  answerKind,
  lengthReport,
  type DataReport,
  type EvaluationReport,
  type FilterReport,
  type Finding,
  type SourceReport,
} from './report.js';

export interface PrepareRequest {
  readonly problems: ProblemSet;
  readonly filters: DataFilters;
  /** Longest prompt in tokens, template included. */
  readonly maxPromptTokens: number;
  /** The same for held-out problems. */
  readonly maxHeldOutTokens: number;
  readonly prompts: PromptMeter;
  /** Whether the length of every prompt is counted, or only those of a sample and of the prompts that might be too long. */
  readonly lengths: 'all' | 'sample';
  /** The reward's opinion on gold answers; undefined if it has none. */
  readonly checkAnswers: (problems: readonly Problem[]) => Promise<readonly AnswerCheck[] | undefined>;
  /** Lists longer than this are made on demand and are not filtered. */
  readonly filteredUpTo: number;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

export interface PreparedProblems {
  readonly problems: ProblemSet;
  readonly report: DataReport;
  /** Why nothing can be trained with these: a filter that is set to `fail`, nothing left, a held-out prompt that is too long. */
  readonly failure?: OrzError;
}

/**
 * Checks all problems before training. Those of the training list that the filters drop are left out, those of the held-out sets never; both are counted. A list made on
 * demand is taken as it is, and its first problems stand for the rest in the report.
 */
export async function prepareProblems(request: PrepareRequest): Promise<PreparedProblems> {
  const { train, evaluation } = request.problems;
  const generated = train.length > request.filteredUpTo;
  const training = generated
    ? await sampleOf(request, train)
    : await new Filtering(request, train, 'training problems').run(overlapIndex(request));
  const sets: EvaluationReport[] = [];
  const tooLong: Finding[] = [];
  for (const [name, list] of Object.entries(evaluation)) {
    const checked = await new Filtering(
      { ...request, maxPromptTokens: request.maxHeldOutTokens, filters: { ...request.filters, ...keepAll } },
      list,
      name,
    ).run(undefined);
    const form = list.parts?.[0]?.form;
    sets.push({
      name,
      ...(form !== undefined && { form }),
      problems: list.length,
      found: checked.filters,
      promptTokens: lengthReport(checked.lengths),
    });
    tooLong.push(...checked.filters.find(({ filter }) => filter === 'promptTooLong')!.examples);
  }
  const kept = generated ? train : keptList(train, training.kept);
  const report: DataReport = {
    generated,
    problems: train.length,
    kept: kept.length,
    sources: sourceReports(train, kept, training.dropped),
    filters: training.filters,
    evaluation: sets,
    promptTokens: lengthReport(training.lengths),
    answerKinds: training.kinds,
  };
  const failure = failureOf(report, tooLong, request.maxHeldOutTokens);
  return { problems: { train: kept, evaluation }, report, ...(failure && { failure }) };
}

const keepAll = { emptyAnswer: 'keep', duplicate: 'keep', overlap: 'keep', ungradable: 'keep' } as const;
const sampleSize = 1000;
const exampleCount = 3;
/** Work between two reports of progress, so that whatever draws them gets its turn. */
const batchSize = 512;
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 0);
  });

function overlapIndex({ problems, filters }: PrepareRequest): OverlapIndex | undefined {
  const heldOut = Object.values(problems.evaluation).flatMap((list) =>
    Array.from({ length: list.length }, (_, i) => list.at(i)),
  );
  return heldOut.length === 0
    ? undefined
    : new OverlapIndex(heldOut, { words: filters.overlapWords, share: filters.overlapShare });
}

interface Checked {
  /** Indices into the list. */
  readonly kept: Int32Array;
  readonly dropped: ReadonlyMap<number, FilterName>;
  readonly filters: readonly FilterReport[];
  /** Prompt tokens of what is kept. */
  readonly lengths: readonly number[];
  readonly kinds: Readonly<Record<string, number>>;
}

async function sampleOf(request: PrepareRequest, list: ProblemList): Promise<Checked> {
  const problems = Array.from({ length: Math.min(sampleSize, list.length) }, (_, i) => list.at(i));
  await pause();
  return {
    kept: new Int32Array(0),
    dropped: new Map(),
    filters: [],
    lengths: problems.map((problem) => request.prompts.count(problem)),
    kinds: countKinds(problems),
  };
}

/** Runs the filters over one list. */
class Filtering {
  private readonly dropped = new Map<number, FilterName>();
  private readonly found = new Map<FilterName, { count: number; readonly examples: Finding[] }>(
    filterNames.map((name) => [name, { count: 0, examples: [] }]),
  );
  private readonly lengths = new Map<number, number>();
  private readonly unchecked = new Set<FilterName>();
  private contradicting = 0;

  constructor(
    private readonly request: PrepareRequest,
    private readonly list: ProblemList,
    private readonly name: string,
  ) {}

  async run(overlaps: OverlapIndex | undefined): Promise<Checked> {
    const first = new Map<string, Problem>();
    if (overlaps === undefined) this.unchecked.add('overlap');
    await this.each('comparing', (problem, index) => {
      if (problem.answer.trim() === '') this.note('emptyAnswer', index, problem, 'it has no answer');
      this.compare(first, index, problem);
      const overlap = this.dropped.has(index) ? undefined : overlaps?.find(problem.prompt);
      if (overlap !== undefined)
        this.note(
          'overlap',
          index,
          problem,
          overlap.equal ? `the same as ${overlap.id}` : `has ${Math.floor(100 * overlap.share)} % of ${overlap.id}`,
        );
    });
    const { prompts, maxPromptTokens, lengths } = this.request;
    const every = lengths === 'all' ? 1 : Math.ceil(this.list.length / sampleSize);
    await this.each('measuring', (problem, index) => {
      if (index % every !== 0 && prompts.isSurelyWithin(problem, maxPromptTokens)) return;
      const length = prompts.count(problem);
      if (index % every === 0) this.lengths.set(index, length);
      if (length > maxPromptTokens)
        this.note('promptTooLong', index, problem, `its prompt has ${length} tokens, allowed are ${maxPromptTokens}`);
    });
    await this.checkAnswers();
    const kept = this.remaining();
    return {
      kept,
      dropped: this.dropped,
      filters: this.reports(),
      lengths: [...kept].flatMap((index) => this.lengths.get(index) ?? []),
      kinds: countKinds([...kept].map((index) => this.list.at(index))),
    };
  }

  private compare(first: Map<string, Problem>, index: number, problem: Problem): void {
    if (this.dropped.has(index)) return;
    const key = normalisePrompt(problem.prompt);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, problem);
    else {
      const same = earlier.answer.trim() === problem.answer.trim();
      if (!same) this.contradicting++;
      this.note(
        'duplicate',
        index,
        problem,
        `the same as ${earlier.id}${same ? '' : `, which has the answer ${earlier.answer.trim()}`}`,
      );
    }
  }

  private async checkAnswers(): Promise<void> {
    const indices = this.remaining().filter((index) => this.list.at(index).answer.trim() !== '');
    const phase = this.request.events.phase(`grading answers of ${this.name}`, indices.length, 'problems');
    try {
      for (let from = 0; from < indices.length; from += batchSize) {
        this.request.signal.throwIfAborted();
        const batch = indices.subarray(from, from + batchSize);
        const checks = await this.request.checkAnswers([...batch].map((index) => this.list.at(index)));
        if (checks === undefined) return void this.unchecked.add('ungradable');
        checks.forEach((check, i) => {
          if (!check.gradable) this.note('ungradable', batch[i]!, this.list.at(batch[i]!), check.reason);
        });
        phase.progress(from + batch.length);
      }
    } finally {
      phase.end();
    }
  }

  private async each(work: string, check: (problem: Problem, index: number) => void): Promise<void> {
    const phase = this.request.events.phase(`${work} ${this.name}`, this.list.length, 'problems');
    try {
      for (let index = 0; index < this.list.length; index++) {
        if (!this.dropped.has(index)) check(this.list.at(index), index);
        if ((index + 1) % batchSize !== 0) continue;
        phase.progress(index + 1);
        await pause();
        this.request.signal.throwIfAborted();
      }
    } finally {
      phase.end();
    }
  }

  private note(filter: FilterName, index: number, { id, prompt, answer }: Problem, reason: string): void {
    const found = this.found.get(filter)!;
    found.count++;
    if (found.examples.length < exampleCount) found.examples.push({ id, prompt, answer, reason });
    // What a filter set to fail finds ends the run anyway; the rest of the report is that of dropping it.
    if (this.request.filters[filter] !== 'keep') this.dropped.set(index, filter);
  }

  private remaining(): Int32Array {
    return Int32Array.from({ length: this.list.length }, (_, index) => index).filter(
      (index) => !this.dropped.has(index),
    );
  }

  private reports(): FilterReport[] {
    return filterNames.map((filter) => {
      const { count, examples } = this.found.get(filter)!;
      return {
        filter,
        action: this.request.filters[filter],
        ...(!this.unchecked.has(filter) && { found: count }),
        ...(filter === 'duplicate' && { contradicting: this.contradicting }),
        examples,
      };
    });
  }
}

function countKinds(problems: readonly Problem[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of problems) counts[answerKind(answer)] = (counts[answerKind(answer)] ?? 0) + 1;
  return counts;
}

/** The list less what was dropped, its parts made shorter accordingly. */
function keptList(list: ProblemList, kept: Int32Array): ProblemList {
  let start = 0;
  const parts = list.parts?.map((part): ListPart => {
    const end = start + part.length;
    const length = kept.filter((index) => index >= start && index < end).length;
    start = end;
    return { ...part, length };
  });
  return selectProblems(list, kept, parts);
}

function sourceReports(list: ProblemList, kept: ProblemList, dropped: ReadonlyMap<number, FilterName>): SourceReport[] {
  const parts = list.parts ?? [{ name: 'training problems', length: list.length }];
  const total = parts.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  let start = 0;
  return parts.map(({ name, length, form, unselected = 0, weight }, i) => {
    const end = start + length;
    const counts: Partial<Record<FilterName, number>> = {};
    for (const [index, filter] of dropped)
      if (index >= start && index < end) counts[filter] = (counts[filter] ?? 0) + 1;
    start = end;
    const keptLength = kept.parts?.[i]?.length ?? kept.length;
    return {
      name,
      ...(form !== undefined && { form }),
      unselected,
      problems: length,
      kept: keptLength,
      dropped: counts,
      share: weight === undefined ? keptLength / Math.max(1, kept.length) : weight / total,
    };
  });
}

function failureOf(report: DataReport, heldOutTooLong: readonly Finding[], limit: number): OrzError | undefined {
  const refused = report.filters.find(({ action, found }) => action === 'fail' && (found ?? 0) > 0);
  if (refused !== undefined) return rejected(refused);
  const [tooLong] = heldOutTooLong;
  if (tooLong !== undefined) {
    return new OrzError(
      'ORZ_PROMPT_TOO_LONG',
      `The held-out problem ${tooLong.id} cannot be asked: ${tooLong.reason}`,
      {
        allowed: `at most ${limit} tokens (evaluation.maxPromptTokens)`,
        origin: tooLong.id,
        remedy:
          'Held-out sets are never shortened: raise evaluation.maxPromptTokens, or leave the problem out of the file.',
      },
    );
  }
  const empty = report.sources.find((source) => source.kept === 0 && (source.share > 0 || report.kept === 0));
  if (empty === undefined) return undefined;
  const counts = Object.entries(empty.dropped)
    .map(([filter, count]) => `${filter} ${count}`)
    .join(', ');
  return new OrzError(
    'ORZ_DATA_EMPTY',
    `Nothing is left of the ${empty.problems} training problems of ${empty.name}: ${counts}`,
    {
      value: empty.problems,
      origin: 'dataFilters',
      remedy: 'Train on other files than you evaluate with, or see which filter took them: orz-train data.',
    },
  );
}

function rejected({ filter, found, examples }: FilterReport): OrzError {
  const [example] = examples;
  const tooLong = filter === 'promptTooLong';
  return new OrzError(
    tooLong ? 'ORZ_PROMPT_TOO_LONG' : 'ORZ_DATA_REJECTED',
    `The filter ${filter} refuses ${found} training ${found === 1 ? 'problem' : 'problems'}, first ${example!.id}: ${example!.reason}`,
    {
      value: found,
      origin: `dataFilters.${filter}`,
      remedy: `Correct the problems (orz-train data lists some), or set dataFilters.${filter}=drop to leave them out${tooLong ? '; or raise maxPromptTokens' : ''}.`,
    },
  );
}
