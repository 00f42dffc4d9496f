import colors from 'picocolors';
import { describeError } from '../report-error.js';
import type { Finding } from '../run/preflight.js';
import { printable } from './format.js';

/** What a check before the run found, a line for each thing, with every problem as errors are shown. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length)) + 2;
  const problems = findings.filter(({ problem }) => problem !== undefined).length;
  const lines = findings.map(({ what, ...finding }) => `  ${markOf(finding)}  ${what.padEnd(width)}${textOf(finding)}`);
  const counted = problems === 1 ? '1 problem' : `${problems} problems`;
  const last =
    problems === 0
      ? 'Everything is ready: start with the same command without --check.'
      : `${counted}: correct what is named, and check again.`;
  return ['Check', ...lines, last].join('\n');
}

type Outcome = Omit<Finding, 'what'>;

function markOf({ problem, needs }: Outcome): string {
  if (problem !== undefined) return colors.red('problem');
  return needs === undefined ? colors.green('ok     ') : colors.dim('unknown');
}

function textOf({ found, problem, needs }: Outcome): string {
  if (problem !== undefined) return indented(describeError(problem).text);
  return needs === undefined ? printable(found ?? '') : `not checked: needs the ${needs}`;
}

/** The first line beside the name, the others below it. */
const indented = (text: string): string => text.replaceAll('\n', '\n           ');
