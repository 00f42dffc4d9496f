import { isOrzError } from '../../core/errors.js';
import type { HttpAnswer } from '../dashboard/web-server.js';
import { jsonAnswer } from './json.js';

/** Why a request is not served, as the client is told. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Path of the field that is wrong, for example `labels[3]`. */
    readonly field?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The server has too much to do just now; the client may come again after a second. */
export const busy = (message: string): Refusal => new Refusal(503, message, undefined, { 'retry-after': '1' });

/** What a client gets for whatever went wrong. A fault of the reward is told in full: its author must find it. */
export function answerOfError(error: unknown): HttpAnswer {
  if (error instanceof Refusal) {
    const { status, message, field, headers } = error;
    return jsonAnswer({ error: { message, ...(field !== undefined && { field }) } }, status, headers);
  }
  if (!isOrzError(error)) throw error;
  const { message, code, details } = error;
  return code === 'ORZ_DATA_MALFORMED'
    ? jsonAnswer({ error: { message, field: details.origin } }, 422)
    : jsonAnswer({ error: { message, code } }, 500);
}
