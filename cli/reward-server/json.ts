import type { HttpAnswer } from '../dashboard/web-server.js';

/**
 * JSON in which rewards are floating-point numbers: Python reads `1` as an integer, tensors of integers have no mean,
 * and a batch of rewards that all happen to be whole would differ in type from the next.
 */
export class Float {
  constructor(readonly value: number) {}
}

/** The JSON text of plain data and {@link Float}s. */
export function jsonText(value: unknown): string {
  if (value instanceof Float) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${jsonText(field)}`).join(',')}}`;
}

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, type: 'application/json; charset=utf-8', body: `${jsonText(value)}\n`, headers };
}
