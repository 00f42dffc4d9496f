import colors from 'picocolors';
import { elementAt } from '../../core/arrays.js';
import { shellQuote } from '../../core/shell-quote.js';
import { formatNumber, printable } from '../terminal/format.js';
import type { MinedProblem } from './mined-file.js';

const barWidth = 40;
const tenths = 10;

/** What a setting keeps. */
interface Range {
  readonly settings: readonly string[];
  readonly meaning: string;
  readonly kept: number;
}

/** A histogram of the pass rates, what useful ranges keep, and how to train on one of them. */
export function mineSummary(mined: readonly MinedProblem[], file: string): string {
  const ranges = usefulRanges(mined);
  const width = Math.max(...ranges.map(({ settings }) => settings.join(' ').length));
  return [
    colors.bold(`Pass rates of ${formatNumber(mined.length)} problems`),
    ...histogram(mined),
    '',
    colors.bold('Kept by dataFilters.passRate'),
    ...ranges.map(
      ({ settings, meaning, kept }) =>
        `  ${settings.join(' ').padEnd(width)}${formatNumber(kept).padStart(9)}  ${colors.dim(meaning)}`,
    ),
    '',
    ...nextStep(ranges, mined.length, file),
    '',
  ].join('\n');
}

/** Never right, tenths between, always right; with how many problems are up to there. */
function histogram(mined: readonly MinedProblem[]): string[] {
  const counts = new Int32Array(tenths + 2);
  for (const entry of mined) counts[binOf(entry)] = elementAt(counts, binOf(entry)) + 1;
  const largest = Math.max(1, ...counts);
  return Array.from(counts, (count, bin) => {
    const bar = '█'.repeat(Math.ceil((count / largest) * barWidth)).padEnd(barWidth);
    return `  ${labelOf(bin).padEnd(14)} ${colors.cyan(bar)} ${formatNumber(count)}`;
  });
}

/** Rates of whole tenths begin a bin; in whole numbers, so that nothing is rounded. */
function binOf({ right, samples }: MinedProblem): number {
  if (right === 0) return 0;
  return right === samples ? tenths + 1 : 1 + Math.floor((right * tenths) / samples);
}

function labelOf(bin: number): string {
  if (bin === 0) return '0: never';
  if (bin > tenths) return '1: always';
  const edge = (count: number): string => (count / tenths).toFixed(1);
  return bin === 1 ? `below ${edge(1)}` : `${edge(bin - 1)} to ${edge(bin)}`;
}

function usefulRanges(mined: readonly MinedProblem[]): Range[] {
  const samples = mined[0]?.samples ?? 1;
  const quarter = hardestQuarter(mined);
  const keptWhere = (holds: (rate: number) => boolean): number =>
    mined.filter((entry) => holds(entry.right / entry.samples)).length;
  return [
    {
      settings: ['max=0.0625'],
      meaning: 'fewer than 4 of 64 right: what the paper anneals on',
      kept: keptWhere((rate) => rate < 0.0625),
    },
    {
      settings: [`max=${quarter}`],
      meaning: 'the hardest quarter, and what is as hard',
      kept: keptWhere((rate) => rate < quarter),
    },
    {
      settings: [`min=${1 / samples}`, 'max=1'],
      meaning: 'sometimes right, sometimes wrong: groups with a signal',
      kept: keptWhere((rate) => rate > 0 && rate < 1),
    },
  ];
}

/** The least `max` that keeps a quarter of the problems; 1 where so many are always right. */
function hardestQuarter(mined: readonly MinedProblem[]): number {
  const sorted = [...mined].sort((a, b) => a.right - b.right);
  const { right, samples } = elementAt(sorted, Math.ceil(mined.length / 4) - 1);
  return Math.min(1, (right + 1) / samples);
}

/** The share of the problems that the paper annealed on: 13k of 129k. */
const shareOfPaper = 0.1;

/** The command for the first range that keeps enough. */
function nextStep(ranges: readonly Range[], problems: number, file: string): string[] {
  const range = ranges.find(({ kept }) => kept >= shareOfPaper * problems) ?? ranges.findLast(({ kept }) => kept > 0);
  if (range === undefined) return ['Every response was right: these problems have nothing left to teach this model.'];
  const settings = ['data.type=files', `data.train=${JSON.stringify([file])}`];
  const filters = range.settings.map((setting) => `dataFilters.passRate.${setting}`);
  const words = [...settings, ...filters].flatMap((setting) => ['--set', shellQuote(setting)]);
  const command = ['orz-train', 'train', ...words].join(' ');
  return ['To train on them, with the preset of your run:', `  ${printable(command)}`];
}
