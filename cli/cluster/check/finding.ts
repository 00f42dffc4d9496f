/** One line of the check: what was looked at, what came out, what should have, and whether it did. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly expected: string;
  readonly verdict: 'ok' | 'failed';
}

export const finding = (what: string, isOk: boolean, measured: string, expected: string): Finding => ({
  what,
  measured,
  expected,
  verdict: isOk ? 'ok' : 'failed',
});

/** A number for a line: four digits. */
export const shown = (value: number): string => String(Number(value.toPrecision(4)));

/**
 * How far two numbers of one quantity may differ, relative to the larger: bf16 on a server against f32 here. What these
 * checks are for, a wrong average or an untied embedding, differs by more.
 */
export const tolerance = 0.05;

export const isNear = (a: number, b: number): boolean =>
  Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
