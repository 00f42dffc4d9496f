import type { EvaluationComparison } from '../../../core/evaluation/compare.js';
import type { BenchmarkResult, EvaluationResults, ResponseLine } from '../../../core/evaluation/results.js';

/** An evaluation in the pages. They are numbered in the order of the command line. */
export interface ShownEvaluation {
  readonly name: string;
  readonly results: EvaluationResults;
}

/** An evaluation as the dashboard reads it. */
export interface EvaluationReader extends ShownEvaluation {
  /** Responses to a benchmark, as many as a page can hold. */
  responses(benchmark: string): Promise<readonly ResponseLine[]>;
}

/** Where the pages get evaluations: a server, or the report that contains them. */
export interface EvaluationSource {
  /** What a report leaves out, in plain words. */
  readonly note?: string;
  readonly comparison?: EvaluationComparison;
  evaluations(): Promise<readonly ShownEvaluation[]>;
  /** The responses to a benchmark in order of question, then sample, without those that a report leaves out. */
  responses(evaluation: number, benchmark: string): Promise<readonly ResponseLine[]>;
}

/** What is embedded in a report of evaluations. */
export interface EvaluationReportData {
  readonly evaluations: readonly (ShownEvaluation & {
    readonly responses: Readonly<Record<string, readonly ResponseLine[]>>;
  })[];
  readonly comparison?: EvaluationComparison;
  readonly note: string;
}

/** A question as a row of the list. */
export interface QuestionRow {
  readonly index: number;
  readonly id: string;
  readonly rewards: readonly number[];
  /** Mean reward. */
  readonly mean: number;
  /** What of the prompt is its own, behind what all prompts begin with; empty where the page has no response. */
  readonly prompt: string;
  /** Question, gold answer and answers, for a search; empty where a report leaves the responses out. */
  readonly text: string;
  readonly truncated: boolean;
}

export const outcomes = ['any', 'always right', 'sometimes right', 'never right', 'truncated'] as const;
export type Outcome = (typeof outcomes)[number];

export function groupedByQuestion(lines: readonly ResponseLine[]): Map<number, ResponseLine[]> {
  const groups = new Map<number, ResponseLine[]>();
  for (const line of lines) {
    const group = groups.get(line.question);
    if (group === undefined) groups.set(line.question, [line]);
    else group.push(line);
  }
  return groups;
}

/** The questions of a benchmark; `lines` are the responses that are known, in any order. */
export function questionRows({ questions }: BenchmarkResult, lines: readonly ResponseLine[]): QuestionRow[] {
  const byQuestion = groupedByQuestion(lines);
  const common = commonLength([...byQuestion.values()].map(([first]) => first?.prompt ?? ''));
  return questions.map(({ id, rewards }, index) => {
    const own = byQuestion.get(index) ?? [];
    const texts = [id, own[0]?.prompt ?? '', own[0]?.gold ?? '', ...own.map(({ answer = '' }) => answer)];
    return {
      ...{ index, id, rewards, prompt: own[0]?.prompt.slice(common) ?? '' },
      mean: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
      text: texts.join('\n').toLowerCase(),
      truncated: own.some(({ stopReason }) => stopReason === 'length'),
    };
  });
}

/** Characters with which all texts begin, in whole words; none of a single text. */
function commonLength(texts: readonly string[]): number {
  const [first = '', ...others] = texts;
  let length = others.length === 0 ? 0 : first.length;
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length).search(/\S*$/);
}

/** Whether a question has an outcome and contains a text, ignoring case. */
export function isShown(row: QuestionRow, outcome: Outcome, text: string): boolean {
  if (!row.text.includes(text.toLowerCase())) return false;
  switch (outcome) {
    case 'any':
      return true;
    case 'always right':
      return row.mean === 1;
    case 'sometimes right':
      return row.mean > 0 && row.mean < 1;
    case 'never right':
      return row.mean === 0;
    case 'truncated':
      return row.truncated;
  }
}
