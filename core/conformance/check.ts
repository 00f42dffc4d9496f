import { zip } from '../arrays.js';
import { isOrzError, type ErrorCode } from '../errors.js';
import { notConforming } from './errors.js';

/**
 * One property that every implementation of a contract must have. Suites are plain lists, so any test runner can
 * execute them:
 *
 *     for (const check of advantageConformance(() => myAdvantage)) it(check.title, check.run);
 */
export interface ConformanceCheck {
  /** The property as a fact, for example "keeps empty responses empty". */
  readonly title: string;
  /** Resolves if the property holds; throws ORZ_PLUGIN_INVALID saying how it does not. Depends on no other check. */
  readonly run: () => Promise<void>;
}

/** Throws ORZ_PLUGIN_INVALID with `problem` unless the condition holds. */
export function requireThat(condition: boolean, problem: string, value?: unknown): asserts condition {
  if (!condition) throw notConforming(problem, value);
}

/** The value, which must be defined; `what` names it in the error. */
export function requireDefined<T>(what: string, value: T | undefined): T {
  requireThat(value !== undefined, `${what} is missing`);
  return value;
}

/** Requires equal lengths and entries that differ by at most `tolerance` · (1 + |expected|). */
export function requireClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what}: ${actual.length} entries instead of ${expected.length}`);
  for (const [a, e, i] of zip(actual, expected)) {
    if (Math.abs(a - e) <= tolerance * (1 + Math.abs(e))) continue;
    throw notConforming(`${what}: entry ${i} is ${a} instead of ${e} (tolerance ${tolerance})`);
  }
}

/** Requires that settings are what a program cache and a remote engine can compare: numbers, strings and booleans. */
export function requirePlainSettings(settings: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(settings)) {
    const plain = ['number', 'string', 'boolean'].includes(typeof value);
    requireThat(plain, `setting "${key}" is not a number, string or boolean`, value);
    requireThat(typeof value !== 'number' || Number.isFinite(value), `setting "${key}" is not finite`, String(value));
  }
}

/** Requires that `action` fails with this code, before or after it becomes asynchronous. */
export async function requireErrorCode(what: string, code: ErrorCode, action: () => unknown): Promise<void> {
  const error = await errorOf(action);
  const actual = error instanceof Error ? error.message : 'no error';
  requireThat(isOrzError(error) && error.code === code, `${what}: ${actual} instead of ${code}`);
}

/** Requires that `action` fails, with whatever error. */
export async function requireFailure(problem: string, action: () => unknown): Promise<void> {
  requireThat((await errorOf(action)) !== undefined, problem);
}

async function errorOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}
