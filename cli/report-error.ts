import colors from 'picocolors';
import { causesOf, errorTexts, isInstance } from '../core/boundary/safe-text.js';
import { errorKindOf, type ErrorKind } from '../core/error-kinds.js';
import { isOrzError, type OrzError } from '../core/errors.js';
import { withOwnCommand } from './invocation.js';
import { printable } from './terminal/format.js';

/** Exit codes by kind of failure; docs/errors.md documents them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  data: 3,
  resources: 4,
  /** As shells count Ctrl-C: 128 and the number of the signal. */
  interrupted: 130,
} as const satisfies Record<ErrorKind | 'ok', number>;

/** Exit code after a signal stopped the run: 128 and its number, as shells count. */
export function exitCodeOfSignal(signal: unknown): number {
  if (signal === 'SIGTERM') return 143;
  if (signal === 'SIGHUP') return 129;
  return exitCodes.interrupted;
}

/** Exit code for whatever was thrown. */
export function exitCodeOf(error: unknown): number {
  const kind = errorKindOf(error);
  return kind === 'interrupted' && isOrzError(error) ? exitCodeOfSignal(error.details.value) : exitCodes[kind];
}

/**
 * The text that tells a user what went wrong, and the exit code. A bug of ours is shown with its stack and a request to
 * report it.
 */
export function describeError(error: unknown): { readonly text: string; readonly exitCode: number } {
  return { text: textOf(error), exitCode: exitCodeOf(error) };
}

/** Prints {@link describeError} to stderr and returns the exit code. */
export function reportError(error: unknown): number {
  const { text, exitCode } = describeError(error);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

function textOf(error: unknown): string {
  if (!isOrzError(error)) return describeBug(error);
  if (error.code === 'ORZ_INTERRUPTED')
    return withOwnCommand([error.message, error.details.remedy].filter(Boolean).join('. '));
  return [error, ...(error.details.further ?? [])].map(describeOrzError).join('\n');
}

function describeOrzError(error: OrzError): string {
  const { code, message, details } = error;
  const { value, allowed, origin, remedy } = details;
  const rows: [string, string | undefined][] = [
    ['value', value === undefined ? undefined : showValue(value)],
    ['allowed', allowed === undefined || typeof allowed === 'string' ? allowed : allowed.join(', ')],
    ['from', origin],
    ['to do', remedy && withOwnCommand(remedy)],
  ];
  const shown = rows
    .filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '')
    .map(([name, text]) => row(name, text));
  return [`${colors.red(code)} ${printable(withOwnCommand(message))}`, ...shown, ...describeCauses(error)].join('\n');
}

const labelWidth = 8;

function row(name: string, text: string): string {
  const indented = printable(text).replaceAll('\n', `\n${' '.repeat(labelWidth + 2)}`);
  return `  ${colors.dim(name.padEnd(labelWidth))}${indented}`;
}

const maxShownValue = 2000;

function showValue(value: unknown): string {
  const text = typeof value === 'string' && value.includes('\n') ? value : asJson(value);
  return text.length > maxShownValue ? `${text.slice(0, maxShownValue)} … (${text.length} characters)` : text;
}

/** Not everything is JSON: NaN, a bigint, a circular value or one that is nested too deeply must show as well. */
function asJson(value: unknown): string {
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value === 'bigint' ? String(value) : Object.prototype.toString.call(value);
  }
}

/** The causes, deepest last, each with the line of code it came from. */
const describeCauses = (error: unknown): string[] => causesOf(error).map(describeCause);

function describeCause(cause: unknown): string {
  if (!isInstance(Error, cause)) return row('cause', showValue(cause));
  const { name, message, stack = '' } = errorTexts(cause);
  const location = /\n\s+at (.*)/.exec(stack)?.[1];
  const suffix = location === undefined ? '' : colors.dim(` (${location})`);
  return `${row('cause', `${name}: ${message}`)}${suffix}`;
}

function describeBug(error: unknown): string {
  const { message, stack = message } = errorTexts(error);
  const request =
    'this is a bug in open-reasoner-zero or in a plugin. ' +
    'Please report it with the lines below and the command you ran.';
  return [`${colors.red('Unexpected error')}: ${request}`, printable(stack), ...describeCauses(error)].join('\n');
}
