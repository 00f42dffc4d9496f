import colors from 'picocolors';
import type { RunConfig } from '../../core/config/schema.js';
import type { Problem } from '../../core/contracts/data.js';
import type { FilterName } from '../../core/data/filters.js';
import { noteDescriptions } from '../../core/data/notes.js';
import type { DataReport, EvaluationReport, FilterReport, LengthReport, SourceReport } from '../../core/data/report.js';
import { formatNumber, printable } from './format.js';

export interface DataReportView {
  readonly preset: string;
  readonly config: Pick<RunConfig, 'seed' | 'maxPromptTokens' | 'rolloutBatchSize'>;
  readonly report: DataReport;
  /** Problems in the order of training. */
  readonly first: readonly Problem[];
}

const descriptions: Readonly<Record<FilterName, string>> = {
  emptyAnswer: 'without an answer',
  duplicate: 'the same as an earlier one',
  overlap: 'repeat a held-out problem',
  passRate: 'with a pass rate outside of the range',
  promptTooLong: 'with a prompt too long',
  ungradable: 'with an answer that cannot be graded',
};
const excerptLength = 90;
const barWidth = 40;

/** The report of `orz-train data` for a terminal. */
export function dataReportText({ preset, config, report, first }: DataReportView): string {
  const heldOut = report.evaluation.length === 0 ? ['  nothing'] : report.evaluation.flatMap(evaluation);
  const parts = [
    [`${colors.bold('orz-train data')}  preset ${preset}, seed ${config.seed}`, ''],
    training(report, config.rolloutBatchSize),
    report.generated
      ? [colors.dim('Generated on demand: not filtered; the figures are those of the first problems.'), '']
      : filters(report),
    section('Prompt tokens, template included', lengths(report.promptTokens, config.maxPromptTokens)),
    section('Answers', answerKinds(report)),
    noticed(report),
    section('Held out: checked, never filtered', heldOut),
    section(
      'First in training',
      first.map((problem, i) => `  ${i + 1}. ${colors.dim(oneLine(problem.id))}  ${questionAndAnswer(problem)}`),
    ),
  ];
  return parts.flat().join('\n');
}

const counted = (value: number): string => formatNumber(value).padStart(9);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const section = (title: string, lines: readonly string[]): string[] => [colors.bold(title), ...lines, ''];

/** Names and ids may come from data, too. */
const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' ').trim());

function excerpt(text: string): string {
  const line = oneLine(text);
  return line.length > excerptLength ? `${line.slice(0, excerptLength)}…` : line;
}

/** `the question → the answer`, on one line. */
const questionAndAnswer = ({ prompt, answer }: { readonly prompt: string; readonly answer: string }): string =>
  `${excerpt(prompt)} ${colors.dim('→')} ${excerpt(answer)}`;

function training({ kept, problems, generated, sources }: DataReport, rolloutBatchSize: number): string[] {
  const iterations = Math.ceil(kept / rolloutBatchSize);
  const epoch = `an epoch every ${iterations === 1 ? 'iteration' : `${formatNumber(iterations)} iterations`}`;
  const total = generated
    ? `endless (${formatNumber(kept)} different draws)`
    : `${formatNumber(kept)} of ${formatNumber(problems)} problems kept, ${epoch}`;
  return section(`Training: ${total}`, sources.map(source));
}

function source({ name, form, problems, kept, unselected, dropped, share }: SourceReport): string {
  const lost = Object.entries(dropped).map(([filter, count]) => `${filter} ${formatNumber(count)}`);
  const notes = [
    ...(form === undefined ? [] : [`form ${form}`]),
    ...(unselected === 0 ? [] : [`${formatNumber(unselected)} records not selected`]),
    ...lost,
  ];
  const remarks = notes.length === 0 ? '' : colors.dim(`  (${notes.join(', ')})`);
  const counts = `${formatNumber(kept)} of ${formatNumber(problems)}`;
  return `  ${oneLine(name)}  ${counts}, ${percent(share)} of the draws${remarks}`;
}

function answerKinds({ answerKinds: kinds, promptTokens }: DataReport): string[] {
  return Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([kind, count]) => `  ${kind.padEnd(12)}${counted(count)}  ${percent(count / Math.max(1, promptTokens.count))}`,
    );
}

function filters({ filters: all, kept, problems }: DataReport): string[] {
  return section(`Left out: ${formatNumber(problems - kept)}`, all.flatMap(filter));
}

function filter({ filter: name, action, found, contradicting = 0, examples }: FilterReport): string[] {
  if (found === undefined)
    return [`  ${name.padEnd(14)}${'–'.padStart(9)}  ${descriptions[name]}: not checked, nothing to check with`];
  const done = found > 0 && action !== 'drop' ? colors.yellow(` (${action === 'keep' ? 'kept' : 'refused'})`) : '';
  const more = contradicting > 0 ? colors.yellow(`, ${formatNumber(contradicting)} with another answer`) : '';
  return [`  ${name.padEnd(14)}${counted(found)}  ${descriptions[name]}${done}${more}`, ...examples.map(exampleLine)];
}

function exampleLine(example: FilterReport['examples'][number]): string {
  const reason = colors.dim(`(${excerpt(example.reason)})`);
  return `      ${colors.dim(`${oneLine(example.id)}:`)} ${questionAndAnswer(example)} ${reason}`;
}

/** What the records of each source have that may be a mistake; nothing if there is none. */
function noticed({ sources, evaluation: heldOut }: DataReport): string[] {
  const lines = [...sources, ...heldOut].flatMap(({ name, notes = [] }) =>
    notes.flatMap(({ note, found, examples }) => [
      `  ${note.padEnd(14)}${counted(found)}  ${colors.yellow(noteDescriptions[note])}  ${oneLine(name)}`,
      ...examples.map(({ where, what }) => `      ${colors.dim(`${oneLine(where)}:`)} ${excerpt(what)}`),
    ]),
  );
  return lines.length === 0 ? [] : section('Noticed, and left as it is', lines);
}

function lengths({ count, mean, percentiles, histogram }: LengthReport, limit: number): string[] {
  if (count === 0) return ['  no prompt'];
  const { p0, p50, p90, p99, p100 } = percentiles;
  const figures = [
    `mean ${formatNumber(Math.round(mean))}`,
    `shortest ${formatNumber(p0)}`,
    `median ${formatNumber(p50)}`,
    `90 % up to ${formatNumber(p90)}`,
    `99 % up to ${formatNumber(p99)}`,
    `longest ${formatNumber(p100)} of ${formatNumber(limit)} allowed`,
  ];
  const largest = Math.max(...histogram.map((bin) => bin.count));
  const bars = histogram.map(({ from, to, count: size }) => {
    const range = `${formatNumber(from)}–${formatNumber(to - 1)}`;
    const bar = '█'.repeat(Math.ceil((size / largest) * barWidth)).padEnd(barWidth);
    return `  ${range.padStart(13)} ${colors.cyan(bar)} ${formatNumber(size)}`;
  });
  return [`  ${figures.join(', ')}`, ...bars];
}

function evaluation({ name, form, problems, found: results, promptTokens }: EvaluationReport): string[] {
  const found = results.flatMap(({ filter: rule, found: count = 0, examples }) =>
    count > 0 ? [{ text: `${formatNumber(count)} ${descriptions[rule]}`, examples }] : [],
  );
  const state = found.length === 0 ? 'nothing found' : colors.yellow(found.map(({ text }) => text).join(', '));
  const longest = `longest prompt ${formatNumber(promptTokens.percentiles.p100)} tokens`;
  const kind = form === undefined ? '' : colors.dim(`  (form ${form})`);
  return [
    `  ${oneLine(name)}  ${formatNumber(problems)} problems, ${longest}${kind}: ${state}`,
    ...found.flatMap(({ examples }) => examples).map(exampleLine),
  ];
}
