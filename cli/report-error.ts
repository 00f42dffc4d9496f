import colors from 'picocolors';
import { isOrzError, type OrzError } from '../core/errors.js';
import { printable } from './terminal/format.js';

/** Exit codes: a failure; stopped by the user (as shells count Ctrl-C). */
export const exitCodes = { ok: 0, failure: 1, interrupted: 130 } as const;

/** Exit code of a run that a signal stopped: 128 and its number, as shells count. */
export const exitCodeOf = (signal: unknown): number =>
  signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : exitCodes.interrupted;

/** The text that tells a user what went wrong, and the exit code. A failure of ours shows its stack and asks for a report. */
export function describeError(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (!isOrzError(error)) return { text: describeBug(error), exitCode: exitCodes.failure };
  if (error.code === 'ORZ_INTERRUPTED')
    return {
      text: [error.message, error.details.remedy].filter(Boolean).join('. '),
      exitCode: exitCodeOf(error.details.value),
    };
  return { text: describeOrzError(error), exitCode: exitCodes.failure };
}

/** Prints {@link describeError} to stderr and returns the exit code. */
export function reportError(error: unknown): number {
  const { text, exitCode } = describeError(error);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

function describeOrzError({ code, message, details }: OrzError): string {
  const { value, allowed, origin, remedy, cause } = details;
  const rows: [string, string | undefined][] = [
    ['value', value === undefined ? undefined : showValue(value)],
    [
      'allowed',
      allowed === undefined || allowed.length === 0
        ? undefined
        : typeof allowed === 'string'
          ? allowed
          : allowed.join(', '),
    ],
    ['from', origin],
    ['to do', remedy],
  ];
  const shown = rows
    .filter((row): row is [string, string] => row[1] !== undefined)
    .map(([name, text]) => `  ${colors.dim(name.padEnd(8))}${indent(printable(text))}`);
  return [`${colors.red(code)} ${printable(message)}`, ...shown, ...describeCauses(cause)].join('\n');
}

const longestValue = 2000;

function showValue(value: unknown): string {
  const text = typeof value === 'string' && value.includes('\n') ? value : asJson(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)} … (${text.length} characters)` : text;
}

/** Not everything is JSON: NaN, a bigint or a circle must show as well. */
function asJson(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

const indent = (text: string): string => text.split('\n').join(`\n${' '.repeat(10)}`);

/** The chain of causes, deepest last, each with the line of the user's or our code it came from. */
function describeCauses(cause: unknown): string[] {
  const lines: string[] = [];
  for (
    let current = cause;
    current !== undefined && current !== null;
    current = current instanceof Error ? current.cause : undefined
  ) {
    const message = current instanceof Error ? `${current.name}: ${current.message}` : showValue(current);
    const place = current instanceof Error ? /\n\s+at (.*)/.exec(current.stack ?? '')?.[1] : undefined;
    lines.push(
      `  ${colors.dim('cause'.padEnd(8))}${indent(printable(message))}${place === undefined ? '' : colors.dim(` (${place})`)}`,
    );
  }
  return lines;
}

function describeBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return (
    `${colors.red('Unexpected error')}: this is a bug in open-reasoner-zero or in a plugin. Please report it with the lines below and the command you ran.\n${printable(stack)}` +
    describeCauses(error instanceof Error ? error.cause : undefined)
      .map((line) => `\n${line}`)
      .join('')
  );
}
