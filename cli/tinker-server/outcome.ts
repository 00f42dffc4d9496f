import {
  encodeForwardBackwardOutput,
  encodeSampleOutput,
  protobufType,
  type ForwardBackwardOutput,
  type SampleOutput,
} from '../../core/tinker/protobuf.js';
import type { WireArray } from '../../core/tinker/wire-arrays.js';
import { isOrzError } from '../../core/errors.js';
import { errorKindOf } from '../../core/error-kinds.js';
import type { HttpAnswer } from '../dashboard/web-server.js';
import { Refusal } from '../reward-server/refusal.js';

/** What became of a request, in a form that can be sent again and again. */
export interface Outcome {
  /** What it takes in memory, about. */
  readonly bytes: number;
  answer(wantsProtobuf: boolean): HttpAnswer;
}

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
  headers,
});

/** The outcome of a request whose result is plain data. */
export const done = (value: unknown): Outcome => ({ bytes: 500, answer: () => json(value) });

export const scored = (output: ForwardBackwardOutput): Outcome => ({
  bytes: output.outputs.flatMap((arrays) => Object.values(arrays)).reduce((n, { byteLength }) => n + byteLength, 500),
  answer: (wantsProtobuf) =>
    wantsProtobuf ? protobuf(encodeForwardBackwardOutput(output)) : json(forwardBackwardJson(output)),
});

export const sampled = (output: SampleOutput): Outcome => ({
  bytes: output.sequences.reduce((n, { tokens }) => n + 8 * tokens.length, 500),
  answer: (wantsProtobuf) => (wantsProtobuf ? protobuf(encodeSampleOutput(output)) : json(sampleJson(output))),
});

/** A request that failed is answered with 200 and its error: a client asks again after any other status. */
export function failed(error: unknown): Outcome {
  const { message, category, code } = describe(error);
  return { bytes: 500, answer: () => json({ error: message, category, ...(code !== undefined && { code }) }) };
}

function describe(error: unknown): { readonly message: string; readonly category: string; readonly code?: string } {
  if (error instanceof Refusal) return { message: error.message, category: error.status < 500 ? 'user' : 'server' };
  if (!isOrzError(error))
    return { message: error instanceof Error ? error.message : String(error), category: 'server' };
  const { remedy } = error.details;
  const message = remedy === undefined ? error.message : `${error.message}. ${remedy}`;
  const category = errorKindOf(error) === 'failure' && error.code !== 'ORZ_NOT_FINITE' ? 'server' : 'user';
  return { message, category, code: error.code };
}

const protobuf = (body: Uint8Array): HttpAnswer => ({ status: 200, type: protobufType, body });

/** As SDKs up to 0.24 read it. */
function forwardBackwardJson({ type, outputs, metrics }: ForwardBackwardOutput): unknown {
  const tensor = (array: WireArray): unknown => ({
    data: [...array],
    dtype: array instanceof Int32Array ? 'int64' : 'float32',
    shape: [array.length],
  });
  const named = (arrays: Readonly<Record<string, WireArray>>): unknown =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, tensor(array)]));
  return { loss_fn_output_type: type, loss_fn_outputs: outputs.map(named), metrics };
}

const sampleJson = ({ sequences, promptLogprobs }: SampleOutput): unknown => ({
  type: 'sample',
  sequences: sequences.map(({ stopReason, tokens, logprobs }) => ({
    stop_reason: stopReason,
    tokens: [...tokens],
    logprobs: logprobs && [...logprobs],
  })),
  prompt_logprobs: promptLogprobs && Array.from(promptLogprobs, (x) => (Number.isNaN(x) ? null : x)),
});
