import type { OrzError } from '../../../core/errors.js';
import { failed, placeTaken, refused, sequenceReused, stateLost, type Asked } from './errors.js';
import { detailIn, detailOf, type Reply } from './reply.js';

/** What to throw for an answer with a status of 400 or more to anything but a poll. */
export function refusalOf(asked: Asked, reply: Pick<Reply, 'status' | 'bytes'>): OrzError {
  const { status } = reply;
  const detail = detailOf(reply);
  if (status === 409 && /sequence number/i.test(detail)) return sequenceReused(asked);
  if (status === 410 || (status === 404 && isOfApi(reply)) || isNotLoaded(detail)) return stateLost(asked, detail);
  return refused(asked, status, detail);
}

/** What to throw for the answer to a poll that says that the request failed, or that it is unknown. */
export function failureOf(asked: Asked, reply: Pick<Reply, 'status' | 'bytes'>): OrzError {
  const { status } = reply;
  if (status !== 400) return refusalOf(asked, reply);
  return failureWith(asked, detailOf(reply));
}

/** What to throw for a request that failed at the server. */
export function failureWith(asked: Asked, detail: string): OrzError {
  if (isNotLoaded(detail)) return stateLost(asked, detail);
  return isTaken(detail) ? placeTaken(asked, detail) : failed(asked, detail);
}

/** SkyRL after a restart, and after it ended the session: `Model model_1 not loaded (likely stale request …)`. */
const isNotLoaded = (detail: string): boolean => /\bnot loaded\b/i.test(detail);

/**
 * SkyRL on FSDP: `SkyRLTrainBackend already has a 'policy' model; …`. Also after a lost reply to `create_model`, which
 * SkyRL executes once more when it is repeated.
 */
const isTaken = (detail: string): boolean => /\balready has a '\w+' model\b/.test(detail);

/** Whether the API itself does not know something; a path that does not exist has `Not Found` as its detail. */
function isOfApi({ bytes }: Pick<Reply, 'bytes'>): boolean {
  const detail = detailIn(new TextDecoder().decode(bytes));
  return detail !== undefined && detail !== 'Not Found';
}
