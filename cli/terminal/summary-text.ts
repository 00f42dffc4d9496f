import colors from 'picocolors';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { shellQuote } from '../../core/shell-quote.js';
import { withOwnCommand } from '../invocation.js';
import { formatDuration, printable } from './format.js';

const rows = [
  { metric: 'reward', label: 'reward', digits: 3, unit: '' },
  { metric: 'responseLength', label: 'length', digits: 1, unit: 'tokens' },
  { metric: 'formatShare', label: 'format', digits: 3, unit: '' },
  { metric: 'reflectionShare', label: 'reflection', digits: 3, unit: '' },
] as const;

/** What a user wants to know at the end: how much better the model is, what it responds, where the files are. */
export function summaryText(summary: RunSummary): string {
  const sets = Object.entries(summary.after).map(([name, after]) => comparison(name, summary.before[name], after));
  const iterations = `${summary.iterations} ${summary.iterations === 1 ? 'iteration' : 'iterations'}`;
  const question = `orz-train generate --run-dir ${shellQuote(summary.location)} "…"`;
  return [
    '',
    ...sets,
    ...answers('before', summary.samplesBefore),
    ...answers('after', summary.samplesAfter),
    `${iterations} in ${formatDuration(summary.seconds * 1000)}. Everything is in ${colors.bold(summary.location)}`,
    colors.dim(withOwnCommand(`Ask the trained model: ${question}`)),
  ].join('\n');
}

type Evaluation = RunSummary['after'][string];

function comparison(name: string, before: Evaluation | undefined, after: Evaluation): string {
  const lines = rows.flatMap(({ metric, label, digits, unit }) => {
    const [first = NaN, last] = [before?.[metric], after[metric]];
    // Another template may not report it.
    if (typeof first !== 'number' || typeof last !== 'number') return [];
    const change = `${first.toFixed(digits).padStart(8)} → ${colors.bold(last.toFixed(digits).padEnd(8))}`;
    return [`  ${label.padEnd(12)}${change}${unit}`];
  });
  return `${colors.bold(`${name} problems, before → after`)}\n${lines.join('\n')}\n`;
}

function answers(when: string, samples: readonly SampleAnswer[]): string[] {
  return samples.map(({ problem, answer, response, verdict }) => {
    const question = `${printable(problem)} ${colors.dim(`(answer ${printable(answer)})`)}`;
    const outcome = verdict === 'correct' ? colors.green(verdict) : colors.red(verdict);
    return `${colors.bold(`A response ${when}`)} to ${question}: ${outcome}\n${indented(printable(response.trim()))}\n`;
  });
}

const indented = (text: string): string => text.replace(/^/gm, '  ');
