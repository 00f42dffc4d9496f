import type { OrzError } from '../../../core/errors.js';
import { failedReply, pendingReply, readReply, tryAgainReply } from '../../../core/tinker/replies.js';
import type { Call, TinkerConnection } from './connection.js';
import { unreadable } from './errors.js';
import { failureOf, failureWith, refusalOf } from './refusal.js';
import { jsonOf, type Reply } from './reply.js';
import { pause } from './signals.js';

/** A request that the server has taken. */
export interface Future {
  readonly requestId: string;
  /** Of the request. */
  readonly what: string;
  readonly phase: string;
  readonly signal?: AbortSignal | undefined;
}

/** The least time between two polls that the server answers at once. */
const minPollMs = 100;

/** Sends a request that takes time, and gives the number under which its result is fetched. */
export async function submit(connection: TinkerConnection, call: Call): Promise<string> {
  return requestIdOf(connection, call, await sendTimed(connection, call));
}

/** As {@link submit} without judging the answer. */
export const sendTimed = (connection: TinkerConnection, call: Call): Promise<Reply> =>
  connection.traffic.during(call.phase, 'send', () => connection.send(call));

/** The number under which the result of an accepted request is fetched; throws for a refusal. */
export function requestIdOf(connection: TinkerConnection, call: Call, reply: Reply): string {
  const asked = connection.asked(call);
  if (reply.status >= 400) throw refusalOf(asked, reply);
  return readReply(call.path, pendingReply, jsonOf(asked, reply)).request_id;
}

/** The result as JSON. Throws as {@link resultOf}. */
export async function jsonResult(connection: TinkerConnection, future: Future): Promise<unknown> {
  return jsonOf(connection.asked(future), await resultOf(connection, future));
}

/** The result as protobuf. Throws as {@link resultOf}, and ORZ_SERVER for JSON, which is what old servers send. */
export async function protobufResult(connection: TinkerConnection, future: Future): Promise<Uint8Array> {
  const { isProtobuf, bytes } = await resultOf(connection, future);
  if (!isProtobuf) throw unreadable(connection.asked(future), 'it is not protobuf, which servers send since SDK 0.25');
  return bytes;
}

/**
 * Polls until the result is there. Throws ORZ_SERVER if the request failed, ORZ_SERVER_STATE if the server no longer
 * knows it or its model, ORZ_SERVER_UNREACHABLE, and the reason of the signal. How long the server computes has no
 * limit: whether it lives is known by heartbeats.
 */
async function resultOf(connection: TinkerConnection, future: Future): Promise<Reply> {
  const { requestId, what, phase, signal } = future;
  const call: Call = { path: 'retrieve_future', what, phase, body: { request_id: requestId }, signal };
  return connection.traffic.during(phase, 'wait', async () => {
    for (;;) {
      const start = performance.now();
      const reply = await connection.poll(call);
      if (reply !== 'late' && reply.status !== 408) {
        if (reply.status >= 400) throw failureOf(connection.asked(call), reply);
        const state = stateOf(connection, call, reply);
        if (state instanceof Error) throw state;
        if (state === 'done') return reply;
      }
      await pause(Math.max(0, start + minPollMs - performance.now()), signal);
    }
  });
}

/** Whether an answer with status 200 is the result, or says that there is none yet; an error if there will be none. */
function stateOf(connection: TinkerConnection, call: Call, reply: Reply): 'done' | 'pending' | OrzError {
  if (reply.isProtobuf) return 'done';
  const value = jsonOf(connection.asked(call), reply);
  if (tryAgainReply.safeParse(value).success) return 'pending';
  const failure = failedReply.safeParse(value);
  return failure.success ? failureWith(connection.asked(call), failure.data.error) : 'done';
}
