import colors from 'picocolors';
import type { RunConfig } from '../../core/config/schema.js';
import type { Problem } from '../../core/contracts/data.js';
import type { FilterName } from '../../core/data/filters.js';
import type { DataReport, EvaluationReport, FilterReport, LengthReport, SourceReport } from '../../core/data/report.js';
import { formatNumber, printable } from './format.js';

export interface DataReportView {
  readonly preset: string;
  readonly config: Pick<RunConfig, 'seed' | 'maxPromptTokens' | 'rolloutBatchSize'>;
  readonly report: DataReport;
  /** Problems in the order of training. */
  readonly first: readonly Problem[];
}

const words: Readonly<Record<FilterName, string>> = {
  emptyAnswer: 'without an answer',
  duplicate: 'the same as an earlier one',
  overlap: 'repeat a held-out problem',
  promptTooLong: 'with a prompt too long',
  ungradable: 'with an answer that cannot be graded',
};
const excerptLength = 90;
const barWidth = 40;

/** The report of `orz-train data` for a terminal. */
export function dataReportText({ preset, config, report, first }: DataReportView): string {
  const parts = [
    [`${colors.bold('orz-train data')}  preset ${preset}, seed ${config.seed}`, ''],
    training(report, config.rolloutBatchSize),
    report.generated
      ? [colors.dim('Made on demand: not filtered; figures are those of the first problems.'), '']
      : filters(report),
    heading('Prompt tokens, template included', lengths(report.promptTokens, config.maxPromptTokens)),
    heading(
      'Answers',
      Object.entries(report.answerKinds)
        .sort(([, a], [, b]) => b - a)
        .map(
          ([kind, count]) =>
            `  ${kind.padEnd(12)}${counted(count)}  ${percent(count / Math.max(1, report.promptTokens.count))}`,
        ),
    ),
    heading(
      'Held out: checked, never shortened',
      report.evaluation.length === 0 ? ['  nothing'] : report.evaluation.flatMap((set) => evaluation(set)),
    ),
    heading(
      'First in training',
      first.map(
        (problem, i) =>
          `  ${i + 1}. ${colors.dim(printable(problem.id))}  ${excerpt(problem.prompt)} ${colors.dim('→')} ${excerpt(problem.answer)}`,
      ),
    ),
  ];
  return parts.flat().join('\n');
}

const counted = (value: number): string => formatNumber(value).padStart(9);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const heading = (title: string, lines: readonly string[]): string[] => [colors.bold(title), ...lines, ''];

function excerpt(text: string): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length > excerptLength ? `${line.slice(0, excerptLength)}…` : line;
}

function training(report: DataReport, batch: number): string[] {
  const { kept, problems, generated, sources } = report;
  const total = generated
    ? `endless (${formatNumber(kept)} different draws)`
    : `${formatNumber(kept)} of ${formatNumber(problems)} problems kept, an epoch every ${formatNumber(Math.ceil(kept / batch))} iterations`;
  return heading(`Training: ${total}`, sources.map(source));
}

function source({ name, form, problems, kept, unselected, dropped, share }: SourceReport): string {
  const lost = Object.entries(dropped).map(([filter, count]) => `${filter} ${formatNumber(count)}`);
  const notes = [
    ...(form === undefined ? [] : [`form ${form}`]),
    ...(unselected === 0 ? [] : [`${formatNumber(unselected)} records not selected`]),
    ...lost,
  ];
  return `  ${printable(name)}  ${formatNumber(kept)} of ${formatNumber(problems)}, ${percent(share)} of the draws${notes.length === 0 ? '' : colors.dim(`  (${notes.join(', ')})`)}`;
}

function filters({ filters: all, kept, problems }: DataReport): string[] {
  return heading(`Left out: ${formatNumber(problems - kept)}`, all.flatMap(filter));
}

function filter({ filter: name, action, found, contradicting = 0, examples }: FilterReport): string[] {
  if (found === undefined)
    return [`  ${name.padEnd(14)}${'–'.padStart(9)}  ${words[name]}: not checked, nothing to check with`];
  const done = found > 0 && action !== 'drop' ? colors.yellow(` (${action === 'keep' ? 'kept' : 'refused'})`) : '';
  const more = contradicting > 0 ? colors.yellow(`, ${formatNumber(contradicting)} with another answer`) : '';
  return [
    `  ${name.padEnd(14)}${counted(found)}  ${words[name]}${done}${more}`,
    ...examples.map(
      (example) =>
        `      ${colors.dim(`${printable(example.id)}:`)} ${excerpt(example.prompt)} ${colors.dim('→')} ${excerpt(example.answer)} ${colors.dim(`(${excerpt(example.reason)})`)}`,
    ),
  ];
}

function lengths({ count, mean, percentiles, histogram }: LengthReport, limit: number): string[] {
  if (count === 0) return ['  no prompt'];
  const { p0, p50, p90, p99, p100 } = percentiles;
  const largest = Math.max(...histogram.map((bin) => bin.count));
  return [
    `  mean ${formatNumber(Math.round(mean))}, shortest ${formatNumber(p0)}, median ${formatNumber(p50)}, 90 % up to ${formatNumber(p90)}, 99 % up to ${formatNumber(p99)}, longest ${formatNumber(p100)} of ${formatNumber(limit)} allowed`,
    ...histogram.map(
      ({ from, to, count: size }) =>
        `  ${`${formatNumber(from)}–${formatNumber(to - 1)}`.padStart(13)} ${colors.cyan('█'.repeat(Math.ceil((size / largest) * barWidth)).padEnd(barWidth))} ${formatNumber(size)}`,
    ),
  ];
}

function evaluation({ name, form, problems, found, promptTokens }: EvaluationReport): string[] {
  const bad = found.filter((filter) => (filter.found ?? 0) > 0);
  const state =
    bad.length === 0
      ? 'nothing found'
      : bad.map(({ filter, found: count }) => `${formatNumber(count!)} ${words[filter]}`).join(', ');
  return [
    `  ${printable(name)}  ${formatNumber(problems)} problems, longest prompt ${formatNumber(promptTokens.percentiles.p100)} tokens${form === undefined ? '' : colors.dim(`  (form ${form})`)}: ${bad.length === 0 ? state : colors.yellow(state)}`,
    ...bad
      .flatMap(({ examples }) => examples)
      .map(
        (example) =>
          `      ${colors.dim(`${printable(example.id)}:`)} ${excerpt(example.prompt)} ${colors.dim('→')} ${excerpt(example.answer)} ${colors.dim(`(${excerpt(example.reason)})`)}`,
      ),
  ];
}
