import { OrzError } from '../errors.js';

/**
 * One property that every implementation of a contract must have. Suites are plain lists, so any test runner can run them:
 *
 *     for (const check of advantageConformance(() => myAdvantage)) it(check.title, check.run);
 */
export interface ConformanceCheck {
  /** The property as a fact, for example "keeps empty responses empty". */
  readonly title: string;
  /** Resolves if the property holds; throws ORZ_PLUGIN_INVALID saying how it does not. Depends on no other check. */
  readonly run: () => Promise<void>;
}

/** Throws ORZ_PLUGIN_INVALID with `message` unless the condition holds. */
export function requireThat(condition: boolean, message: string, value?: unknown): asserts condition {
  if (condition) return;
  throw new OrzError('ORZ_PLUGIN_INVALID', message, {
    ...(value === undefined ? {} : { value }),
    origin: 'conformance suite',
    remedy: 'Change the implementation until it has this property; the contract says why it is needed.',
  });
}

/** Requires equal lengths and entries that differ by at most `tolerance` · (1 + |expected|). */
export function requireClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what}: ${actual.length} entries instead of ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const close = Math.abs(actual[i]! - expected[i]!) <= tolerance * (1 + Math.abs(expected[i]!));
    requireThat(close, `${what}: entry ${i} is ${actual[i]} instead of ${expected[i]} (tolerance ${tolerance})`);
  }
}

/** Requires that settings are what a program cache and a remote engine can compare: numbers, strings and booleans. */
export function requirePlainSettings(settings: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(settings)) {
    requireThat(
      ['number', 'string', 'boolean'].includes(typeof value),
      `setting "${key}" is no number, string or boolean`,
      value,
    );
    requireThat(typeof value !== 'number' || Number.isFinite(value), `setting "${key}" is not finite`, String(value));
  }
}
