import protobuf from 'protobufjs/light.js';

const mapOf = (type: string, id: number): protobuf.IMapField => ({ keyType: 'string', type, id });

/**
 * The messages of package `tinker_public` that travel as protobuf, as far as text goes: no images, no sound, no top-k.
 * Names and numbers of the fields are those of `tinker/proto/tinker_public_pb2` in version 0.25 of the Python SDK.
 * Arrays are `bytes` of little-endian numbers, never repeated fields.
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    ForwardBackwardRequest: {
      fields: {
        model_id: { type: 'string', id: 1 },
        seq_id: { type: 'int32', id: 2 },
        data: { rule: 'repeated', type: 'Datum', id: 3 },
        loss_fn: { type: 'string', id: 4 },
        loss_fn_config: mapOf('double', 5),
        forward_only: { type: 'bool', id: 6 },
      },
    },
    Datum: {
      fields: {
        model_input: { rule: 'repeated', type: 'Chunk', id: 1 },
        loss_fn_inputs: mapOf('Tensor', 2),
      },
    },
    Chunk: { fields: { encoded_text: { type: 'EncodedTextChunk', id: 1 } } },
    EncodedTextChunk: { fields: { tokens: { type: 'bytes', id: 1 } } },
    Tensor: {
      fields: {
        dense: { type: 'bytes', id: 1 },
        // A message of three arrays, which is only recognised to be refused.
        sparse_csr: { type: 'bytes', id: 2 },
        dtype: { type: 'int32', id: 3 },
        shape: { rule: 'repeated', type: 'int64', id: 4 },
      },
    },
    ForwardBackwardOutput: {
      fields: {
        loss_fn_output_type: { type: 'string', id: 1 },
        loss_fn_outputs: { rule: 'repeated', type: 'ArrayRecord', id: 2 },
        metrics: mapOf('double', 3),
      },
    },
    ArrayRecord: {
      fields: {
        type_tag: { type: 'string', id: 1 },
        fields: mapOf('BatchedTensor', 2),
        num_datums: { type: 'int32', id: 3 },
      },
    },
    BatchedTensor: {
      fields: {
        data: { type: 'bytes', id: 1 },
        offsets: { type: 'bytes', id: 2 },
        dtype: { type: 'int32', id: 3 },
        trailing_shape: { rule: 'repeated', type: 'int64', id: 4 },
      },
    },
    SampleResponse: {
      fields: {
        sequences: { rule: 'repeated', type: 'SampledSequence', id: 1 },
        prompt_logprobs: { type: 'bytes', id: 2 },
      },
    },
    SampledSequence: {
      fields: {
        stop_reason: { type: 'int32', id: 1 },
        tokens: { type: 'bytes', id: 2 },
        logprobs: { type: 'bytes', id: 3 },
      },
    },
  },
});

/** The types that are sent on their own. */
export const messageTypes = {
  ForwardBackwardRequest: schema.lookupType('ForwardBackwardRequest'),
  ForwardBackwardOutput: schema.lookupType('ForwardBackwardOutput'),
  SampleResponse: schema.lookupType('SampleResponse'),
} as const;

export type MessageName = keyof typeof messageTypes;

/** Element types (`DType`). */
export const elementType = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const;

/** Why a sequence ended (`StopReason`), by its number. */
export const stopReasons = ['stop', 'length'] as const;
