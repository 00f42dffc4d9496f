import { zip } from '../arrays.js';
import type { Problem } from '../contracts/data.js';
import type { ProblemList } from '../contracts/problems.js';
import type { AnswerCheck } from '../contracts/reward.js';
import type { RunEvents } from '../contracts/run-events.js';
import { filterNames, type DataFilters, type FilterName } from './filters.js';
import { normalisePrompt } from './normalise.js';
import type { OverlapIndex } from './overlap.js';
import { passRateOf } from './pass-rate.js';
import type { PromptMeter } from './prompt-meter.js';
import { answerKind, type FilterReport, type Finding } from './report.js';

export interface FilterOptions {
  readonly filters: DataFilters;
  /** Maximum tokens of a prompt, template included. */
  readonly maxPromptTokens: number;
  readonly prompts: PromptMeter;
  /** Whether every prompt is measured, or only a sample and those that might be too long. */
  readonly lengths: 'all' | 'sample';
  /** The reward's judgement of gold answers; undefined if it makes none. */
  readonly checkAnswers: (problems: readonly Problem[]) => Promise<readonly AnswerCheck[] | undefined>;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

/** The outcome of the filters on one list. */
export interface FilteredList {
  /** Indices into the list. */
  readonly kept: Int32Array;
  readonly dropped: ReadonlyMap<number, FilterName>;
  readonly filters: readonly FilterReport[];
  /** Prompt tokens of what is kept, as far as measured. */
  readonly lengths: readonly number[];
  readonly answerKinds: Readonly<Record<string, number>>;
}

const sampleSize = 1000;
const maxExamples = 3;
/** Problems between two reports of progress and pauses, in which the display is drawn. */
const batchSize = 512;
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 0);
  });

/** Measures the first problems of a list that is made on demand; nothing is filtered. */
export async function sampleList(prompts: PromptMeter, list: ProblemList): Promise<FilteredList> {
  const problems = Array.from({ length: Math.min(sampleSize, list.length) }, (_, i) => list.at(i));
  await pause();
  return {
    kept: new Int32Array(0),
    dropped: new Map(),
    filters: [],
    lengths: problems.map((problem) => prompts.count(problem)),
    answerKinds: countKinds(problems),
  };
}

interface Tally {
  count: number;
  readonly examples: Finding[];
}
const emptyTally = (): Tally => ({ count: 0, examples: [] });

/** One pass of all filters over a list. A problem that a filter drops is not checked by those after it. */
export class FilterPass {
  private readonly dropped = new Map<number, FilterName>();
  private readonly tallies: Readonly<Record<FilterName, Tally>> = {
    emptyAnswer: emptyTally(),
    duplicate: emptyTally(),
    overlap: emptyTally(),
    passRate: emptyTally(),
    promptTooLong: emptyTally(),
    ungradable: emptyTally(),
  };
  private readonly lengths = new Map<number, number>();
  /** First problem of each normalised prompt. */
  private readonly firstOf = new Map<string, Problem>();
  private readonly unchecked = new Set<FilterName>();
  private contradicting = 0;

  /** `name` is that of the list in reports of progress. */
  constructor(
    private readonly options: FilterOptions,
    private readonly list: ProblemList,
    private readonly name: string,
  ) {}

  /** Without an index the filter `overlap` is reported as not checked. */
  async run(overlaps: OverlapIndex | undefined): Promise<FilteredList> {
    if (overlaps === undefined) this.unchecked.add('overlap');
    await this.each('comparing', (problem, index) => {
      if (problem.answer.trim() === '') this.note('emptyAnswer', index, problem, 'it has no answer');
      if (!this.dropped.has(index)) this.checkDuplicate(problem, index);
      if (!this.dropped.has(index) && overlaps !== undefined) this.checkOverlap(problem, index, overlaps);
      if (!this.dropped.has(index)) this.checkPassRate(problem, index);
    });
    const every = this.options.lengths === 'all' ? 1 : Math.ceil(this.list.length / sampleSize);
    await this.each('measuring', (problem, index) => this.checkLength(problem, index, index % every === 0));
    await this.checkAnswers();
    const kept = this.remaining();
    return {
      kept,
      dropped: this.dropped,
      filters: this.reports(),
      lengths: [...kept].flatMap((index) => this.lengths.get(index) ?? []),
      answerKinds: countKinds([...kept].map((index) => this.list.at(index))),
    };
  }

  private checkDuplicate(problem: Problem, index: number): void {
    const key = normalisePrompt(problem.prompt);
    const earlier = this.firstOf.get(key);
    if (earlier === undefined) {
      this.firstOf.set(key, problem);
      return;
    }
    const answer = earlier.answer.trim();
    const contradicts = answer !== problem.answer.trim();
    if (contradicts) this.contradicting++;
    const reason = `the same as ${earlier.id}${contradicts ? `, which has the answer ${answer}` : ''}`;
    this.note('duplicate', index, problem, reason);
  }

  private checkOverlap(problem: Problem, index: number, overlaps: OverlapIndex): void {
    const overlap = overlaps.find(problem.prompt);
    if (overlap === undefined) return;
    const { equal, id, share } = overlap;
    this.note('overlap', index, problem, equal ? `the same as ${id}` : `has ${Math.floor(100 * share)} % of ${id}`);
  }

  /** Throws for a problem without a pass rate: neither keeping nor dropping it would be what was asked for. */
  private checkPassRate(problem: Problem, index: number): void {
    const { passRate: range } = this.options.filters;
    if (range === undefined) return;
    const rate = passRateOf(problem);
    if (rate < (range.min ?? 0)) this.note('passRate', index, problem, `its pass rate is ${rate}, below ${range.min}`);
    else if (rate >= (range.max ?? Infinity))
      this.note('passRate', index, problem, `its pass rate is ${rate}, not below ${range.max}`);
  }

  private checkLength(problem: Problem, index: number, isSample: boolean): void {
    const { prompts, maxPromptTokens } = this.options;
    if (!isSample && prompts.isSurelyWithin(problem, maxPromptTokens)) return;
    const length = prompts.count(problem);
    if (isSample) this.lengths.set(index, length);
    if (length <= maxPromptTokens) return;
    this.note('promptTooLong', index, problem, `its prompt has ${length} tokens, allowed are ${maxPromptTokens}`);
  }

  private async checkAnswers(): Promise<void> {
    const { events, signal, checkAnswers } = this.options;
    const indices = this.remaining().filter((index) => this.list.at(index).answer.trim() !== '');
    const phase = events.phase(`grading answers of ${this.name}`, indices.length, 'problems');
    try {
      for (let from = 0; from < indices.length; from += batchSize) {
        signal.throwIfAborted();
        const batch = indices.subarray(from, from + batchSize);
        const checks = await checkAnswers(Array.from(batch, (index) => this.list.at(index)));
        if (checks === undefined) return void this.unchecked.add('ungradable');
        for (const [index, check] of zip(batch, checks))
          if (!check.gradable) this.note('ungradable', index, this.list.at(index), check.reason);
        phase.progress(from + batch.length);
      }
    } finally {
      phase.end();
    }
  }

  /** Runs a check over all problems that are not dropped yet. */
  private async each(work: string, check: (problem: Problem, index: number) => void): Promise<void> {
    const phase = this.options.events.phase(`${work} ${this.name}`, this.list.length, 'problems');
    try {
      for (let index = 0; index < this.list.length; index++) {
        if (!this.dropped.has(index)) check(this.list.at(index), index);
        if ((index + 1) % batchSize !== 0) continue;
        phase.progress(index + 1);
        await pause();
        this.options.signal.throwIfAborted();
      }
    } finally {
      phase.end();
    }
  }

  private note(filter: FilterName, index: number, { id, prompt, answer }: Problem, reason: string): void {
    const tally = this.tallies[filter];
    tally.count++;
    if (tally.examples.length < maxExamples) tally.examples.push({ id, prompt, answer, reason });
    // A filter set to fail fails the run anyway; the rest of the report is as if it dropped.
    if (this.options.filters[filter] !== 'keep') this.dropped.set(index, filter);
  }

  private remaining(): Int32Array {
    return Int32Array.from({ length: this.list.length }, (_, index) => index).filter(
      (index) => !this.dropped.has(index),
    );
  }

  private reports(): FilterReport[] {
    const { filters } = this.options;
    const chosen = filterNames.filter((filter) => filter !== 'passRate' || filters.passRate !== undefined);
    return chosen.map((filter) => ({
      filter,
      action: filter === 'passRate' ? 'drop' : filters[filter],
      ...(!this.unchecked.has(filter) && { found: this.tallies[filter].count }),
      ...(filter === 'duplicate' && { contradicting: this.contradicting }),
      examples: this.tallies[filter].examples,
    }));
  }
}

function countKinds(problems: readonly Problem[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { answer } of problems) {
    const kind = answerKind(answer);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
