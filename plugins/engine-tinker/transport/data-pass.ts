import {
  decodeForwardBackwardOutput,
  encodeForwardBackwardRequest,
  type Datum,
  type ForwardBackwardOutput,
} from '../../../core/tinker/protobuf.js';
import { chunksOf, type Chunk } from './chunks.js';
import type { Call } from './connection.js';
import { nothingToSend, resultsMissing } from './errors.js';
import { protobufResult, submit, type Future } from './futures.js';
import { mergedMetrics, type PartMetrics } from './metrics.js';
import type { SessionLink } from './session-link.js';
import { withSignal } from './signals.js';

export interface PassOptions {
  readonly lossFn: string;
  readonly lossFnConfig?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal | undefined;
  /** Told the arrays of the data from index `start` on, chunk by chunk, as results come: in no fixed order. */
  readonly onOutputs?: (start: number, outputs: ForwardBackwardOutput['outputs']) => void;
}

export interface PassResult {
  /** Data that were sent. */
  readonly count: number;
  /** Over all of them, by `name:reduction`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a pass sends besides its data. */
export interface PassHead {
  readonly modelId: string;
  readonly isForwardOnly: boolean;
  readonly phase: string;
  /** The sequence number of the next request; asked once per chunk, right before it is sent. */
  nextSeq(): number;
}

/**
 * Sends data chunk by chunk: one is encoded and sent after the other, so that they arrive in the same order every time,
 * while results are awaited together, as many as the gate lets through. At the first failure nothing more is sent.
 * Throws ORZ_INTERNAL for no data at all: the server would never answer.
 */
export async function passData(
  link: SessionLink,
  head: PassHead,
  data: Iterable<Datum>,
  options: PassOptions,
): Promise<PassResult> {
  const parts: PartMetrics[] = [];
  await withSignal([link.lost, options.signal], async (signal, abort) => {
    const results: Promise<void>[] = [];
    let index = 0;
    try {
      for (const chunk of chunksOf(data, link.limits)) {
        const { future, leave } = await sendChunk(link, head, chunk, { ...options, signal });
        const part = index++;
        const size = { start: chunk.start, count: chunk.data.length };
        const result = chunkResult(link, future, size, options)
          .then((metrics) => {
            parts[part] = { metrics, count: size.count };
          })
          .finally(leave);
        result.catch(abort);
        results.push(result);
      }
      await Promise.all(results);
    } catch (error) {
      abort(error);
      await Promise.allSettled(results);
      throw error;
    }
  });
  if (parts.length === 0) throw nothingToSend(head.phase);
  return { count: parts.reduce((sum, { count }) => sum + count, 0), metrics: mergedMetrics(parts) };
}

/** Waits for its turn, encodes and sends; `leave` must be called when the result is there or will never be. */
async function sendChunk(
  link: SessionLink,
  { modelId, isForwardOnly, phase, nextSeq }: PassHead,
  { data, bytes }: Chunk,
  { lossFn, lossFnConfig = {}, signal }: PassOptions & { readonly signal: AbortSignal },
): Promise<{ readonly future: Future; readonly leave: () => void }> {
  const { connection, gate } = link;
  const leave = await connection.traffic.during(phase, 'queue', () => gate.enter(bytes, signal));
  try {
    const seqId = nextSeq();
    const body = encodeForwardBackwardRequest({ modelId, seqId, data, lossFn, lossFnConfig, isForwardOnly });
    const what = `${isForwardOnly ? 'a forward pass' : 'forward_backward'} of ${modelId} (request ${seqId})`;
    const call: Call = { path: 'forward_backward', what, phase, body, signal };
    return { future: { requestId: await submit(connection, call), what, phase, signal }, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

async function chunkResult(
  { connection }: SessionLink,
  future: Future,
  { start, count }: { readonly start: number; readonly count: number },
  { onOutputs }: PassOptions,
): Promise<Readonly<Record<string, number>>> {
  const { outputs, metrics } = decodeForwardBackwardOutput(await protobufResult(connection, future));
  if (onOutputs !== undefined) {
    if (outputs.length !== count) throw resultsMissing(connection.asked(future), outputs.length, count);
    onOutputs(start, outputs);
  }
  return metrics;
}
