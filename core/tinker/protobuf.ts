import { isOrzError } from '../errors.js';
import type { StopReason } from '../contracts/data.js';
import { chunkUnsupported, notMessage } from './errors.js';
import { messageTypes, stopReasons, type MessageName } from './protobuf-schema.js';
import {
  arrayOfTensor,
  arraysOfBatch,
  batchOfArrays,
  tensorOfArray,
  type BatchedTensor,
  type Tensor,
} from './tensor-messages.js';
import { bytesOf, float32Of, int32Of, joined, type WireArray } from './wire-arrays.js';

/** Media type of protobuf bodies. */
export const protobufType = 'application/x-protobuf';

/** What a model reads, and what its loss needs for it. */
export interface Datum {
  /** Prompt and response without the last token, which is only predicted. */
  readonly tokens: Int32Array;
  /** `target_tokens` as Int32Array, all others as Float32Array; of one length. */
  readonly inputs: Readonly<Record<string, WireArray>>;
}

export interface ForwardBackwardRequest {
  readonly modelId: string;
  /** From 1; 0 is none, which forgoes protection from repetition. */
  readonly seqId: number;
  readonly data: readonly Datum[];
  readonly lossFn: string;
  readonly lossFnConfig: Readonly<Record<string, number>>;
  /** Only scores, no gradient. */
  readonly isForwardOnly: boolean;
}

export interface ForwardBackwardOutput {
  readonly type: string;
  /** Named arrays of every datum, in the order of the request. */
  readonly outputs: readonly Readonly<Record<string, WireArray>>[];
  /** By `name:reduction`. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface SampledSequence {
  readonly stopReason: StopReason;
  readonly tokens: Int32Array;
  /** One per token. */
  readonly logprobs?: Float32Array;
}

export interface SampleOutput {
  readonly sequences: readonly SampledSequence[];
  /** One per prompt token, NaN for the first. */
  readonly promptLogprobs?: Float32Array;
}

/** The most bytes that a datum takes in a request, of names in ASCII: up to 30 more than it does for every array. */
export function bytesOfDatum({ tokens, inputs }: Datum): number {
  const arrays = Object.entries(inputs).map(
    ([name, array]) => 40 + name.length + array.length * (array instanceof Int32Array ? 8 : 4),
  );
  return arrays.reduce((sum, bytes) => sum + bytes, 24 + tokens.byteLength);
}

export function encodeForwardBackwardRequest(request: ForwardBackwardRequest): Uint8Array {
  return encode('ForwardBackwardRequest', {
    model_id: request.modelId,
    ...(request.seqId !== 0 && { seq_id: request.seqId }),
    data: request.data.map(({ tokens, inputs }) => ({
      model_input: [{ encoded_text: { tokens: bytesOf(tokens) } }],
      loss_fn_inputs: mapValues(inputs, tensorOfArray),
    })),
    loss_fn: request.lossFn,
    loss_fn_config: request.lossFnConfig,
    ...(request.isForwardOnly && { forward_only: true }),
  });
}

/** Throws ORZ_SERVER for bytes that are something else, and for what is neither text nor a dense array. */
export function decodeForwardBackwardRequest(bytes: Uint8Array): ForwardBackwardRequest {
  return decode('ForwardBackwardRequest', bytes, (message) => ({
    modelId: message.model_id,
    seqId: message.seq_id,
    data: message.data.map(({ model_input, loss_fn_inputs }) => ({
      tokens: joined(
        model_input.map(({ encoded_text }) => {
          if (encoded_text === undefined || encoded_text === null) throw chunkUnsupported();
          return int32Of(encoded_text.tokens);
        }),
      ),
      inputs: mapValues(loss_fn_inputs, arrayOfTensor),
    })),
    lossFn: message.loss_fn,
    lossFnConfig: { ...message.loss_fn_config },
    isForwardOnly: message.forward_only,
  }));
}

/** Every datum must have arrays of the same names. */
export function encodeForwardBackwardOutput({ type, outputs, metrics }: ForwardBackwardOutput): Uint8Array {
  const names = Object.keys(outputs[0] ?? {});
  const record = {
    fields: Object.fromEntries(names.map((name) => [name, batchOfArrays(outputs.map((output) => output[name]))])),
    num_datums: outputs.length,
  };
  return encode('ForwardBackwardOutput', {
    loss_fn_output_type: type,
    loss_fn_outputs: outputs.length === 0 ? [] : [record],
    metrics,
  });
}

export function decodeForwardBackwardOutput(bytes: Uint8Array): ForwardBackwardOutput {
  return decode('ForwardBackwardOutput', bytes, ({ loss_fn_output_type, loss_fn_outputs, metrics }) => ({
    type: loss_fn_output_type,
    outputs: loss_fn_outputs.flatMap(({ fields, num_datums }) => {
      const arrays = Object.entries(fields).map(([name, tensor]) => [name, arraysOfBatch(tensor, name)] as const);
      const count = num_datums || (arrays[0]?.[1].length ?? 0);
      return Array.from({ length: count }, (_, i) =>
        Object.fromEntries(arrays.map(([name, rows]) => [name, rows[i] ?? new Float32Array()])),
      );
    }),
    metrics: { ...metrics },
  }));
}

export function encodeSampleOutput({ sequences, promptLogprobs }: SampleOutput): Uint8Array {
  return encode('SampleResponse', {
    sequences: sequences.map(({ stopReason, tokens, logprobs }) => ({
      ...(stopReason === 'length' && { stop_reason: stopReasons.indexOf(stopReason) }),
      ...(tokens.length > 0 && { tokens: bytesOf(tokens) }),
      ...(logprobs !== undefined && { logprobs: bytesOf(logprobs) }),
    })),
    ...(promptLogprobs !== undefined && { prompt_logprobs: bytesOf(promptLogprobs) }),
  });
}

export function decodeSampleOutput(bytes: Uint8Array): SampleOutput {
  return decode('SampleResponse', bytes, (message) => ({
    sequences: message.sequences.map((sequence) => {
      const stopReason = stopReasons[sequence.stop_reason];
      if (stopReason === undefined) throw new RangeError(`stop reason ${sequence.stop_reason}`);
      const tokens = int32Of(sequence.tokens);
      return Object.hasOwn(sequence, 'logprobs')
        ? { stopReason, tokens, logprobs: float32Of(sequence.logprobs) }
        : { stopReason, tokens };
    }),
    ...(Object.hasOwn(message, 'prompt_logprobs') && { promptLogprobs: float32Of(message.prompt_logprobs) }),
  }));
}

/** Messages as protobufjs reads them. */
interface Messages {
  readonly ForwardBackwardRequest: {
    readonly model_id: string;
    readonly seq_id: number;
    readonly data: readonly {
      readonly model_input: readonly { readonly encoded_text?: { readonly tokens: Uint8Array } | null }[];
      readonly loss_fn_inputs: Readonly<Record<string, Tensor>>;
    }[];
    readonly loss_fn: string;
    readonly loss_fn_config: Readonly<Record<string, number>>;
    readonly forward_only: boolean;
  };
  readonly ForwardBackwardOutput: {
    readonly loss_fn_output_type: string;
    readonly loss_fn_outputs: readonly {
      readonly fields: Readonly<Record<string, BatchedTensor>>;
      readonly num_datums: number;
    }[];
    readonly metrics: Readonly<Record<string, number>>;
  };
  readonly SampleResponse: {
    readonly sequences: readonly {
      readonly stop_reason: number;
      readonly tokens: Uint8Array;
      readonly logprobs: Uint8Array;
    }[];
    readonly prompt_logprobs: Uint8Array;
  };
}

const encode = (name: MessageName, message: object): Uint8Array => messageTypes[name].encode(message).finish();

function decode<Name extends MessageName, T>(name: Name, bytes: Uint8Array, read: (message: Messages[Name]) => T): T {
  try {
    return read(messageTypes[name].decode(bytes) as unknown as Messages[Name]);
  } catch (error) {
    throw isOrzError(error) ? error : notMessage(name, error);
  }
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A, name: string) => B) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
