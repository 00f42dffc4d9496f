import colors from 'picocolors';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { shellQuote } from '../../core/shell-quote.js';
import { withOwnCommand } from '../invocation.js';
import { formatDuration, printable } from './format.js';

const rows = [
  ['reward', 3, ''],
  ['responseLength', 1, 'tokens'],
  ['formatShare', 3, ''],
  ['reflectionShare', 3, ''],
] as const;
const labels = {
  reward: 'reward',
  responseLength: 'length',
  formatShare: 'format',
  reflectionShare: 'reflection',
} as const;

/** What a user wants to know at the end: how much better, what it looks like, where everything is. */
export function summaryText(summary: RunSummary): string {
  const sets = Object.keys(summary.after).map((name) => comparison(name, summary));
  const question = `orz-train generate --run-dir ${shellQuote(summary.location)} "…"`;
  return [
    '',
    ...sets,
    ...answers('before', summary.samplesBefore),
    ...answers('after', summary.samplesAfter),
    `${summary.iterations} ${summary.iterations === 1 ? 'iteration' : 'iterations'} in ${formatDuration(summary.seconds * 1000)}. Everything is in ${colors.bold(summary.location)}`,
    colors.dim(withOwnCommand(`Ask the trained model: ${question}`)),
  ].join('\n');
}

function comparison(name: string, { before, after }: RunSummary): string {
  const lines = rows.flatMap(([metric, digits, unit]) => {
    const [first = NaN, last] = [before[name]?.[metric], after[name]?.[metric]];
    // Another template may not report it.
    if (typeof first !== 'number' || typeof last !== 'number') return [];
    const change = `${first.toFixed(digits).padStart(8)} → ${colors.bold(last.toFixed(digits).padEnd(8))}`;
    return [`  ${labels[metric].padEnd(12)}${change}${unit}`];
  });
  return `${colors.bold(`${name} problems, before → after`)}\n${lines.join('\n')}\n`;
}

function answers(when: string, samples: readonly SampleAnswer[]): string[] {
  return samples.map(
    ({ problem, answer, response, verdict }) =>
      `${colors.bold(`A response ${when}`)} to ${printable(problem)} ${colors.dim(`(answer ${printable(answer)})`)}: ${verdict === 'correct' ? colors.green(verdict) : colors.red(verdict)}\n` +
      `${printable(response.trim())
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n')}\n`,
  );
}
