import protobuf from 'protobufjs/light.js';

/**
 * The part of the ONNX format (onnx/onnx.proto, IR version 10) that a lowered graph needs: nodes, attributes, typed
 * inputs and outputs, and small initializers as raw little-endian bytes. Field numbers are those of the format.
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
      },
    },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        ints: { rule: 'repeated', type: 'int64', id: 8, options: { packed: false } },
        type: { type: 'int32', id: 20 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1, options: { packed: false } },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorTypeProto', id: 1 } } },
    TensorTypeProto: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } } },
    TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'DimensionProto', id: 1 } } },
    DimensionProto: { fields: { dimValue: { type: 'int64', id: 1 } } },
  },
});
const modelType = schema.lookupType('ModelProto');

/** ONNX element types (TensorProto.DataType). */
export const elementType = { f32: 1, u16: 4, i32: 6, i64: 7, bool: 9, bf16: 16 } as const;

/** A float attribute is `{ float }`, to tell 1.0 from 1. */
export type AttributeValue = number | { readonly float: number } | readonly number[];

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}
export interface OnnxValue {
  readonly name: string;
  readonly elementType: number;
  readonly shape: readonly number[];
}
export interface OnnxInitializer extends OnnxValue {
  readonly data: Uint8Array;
}

export interface OnnxModel {
  readonly name: string;
  /** Version of the ONNX operators. */
  readonly operatorSet: number;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxInitializer[];
}

/** The model as bytes of an `.onnx` file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return modelType
    .encode(
      modelType.create({
        irVersion: 10,
        producerName: 'open-reasoner-zero',
        opsetImport: [
          { domain: '', version: model.operatorSet },
          { domain: 'com.microsoft', version: 1 },
        ],
        graph: {
          name: model.name,
          node: model.nodes.map((n, i) => ({
            opType: n.opType,
            domain: n.domain,
            input: n.input,
            output: n.output,
            name: `${n.opType}_${i}`,
            attribute: Object.entries(n.attributes).map(encodeAttribute),
          })),
          initializer: model.initializers.map((t) => ({
            dims: t.shape,
            dataType: t.elementType,
            name: t.name,
            rawData: t.data,
          })),
          input: model.inputs.map(encodeValue),
          output: model.outputs.map(encodeValue),
        },
      }),
    )
    .finish();
}

function encodeAttribute([name, value]: [string, AttributeValue]): object {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  return 'float' in value ? { name, f: value.float, type: 1 } : { name, ints: value, type: 7 };
}

const encodeValue = (value: OnnxValue): object => ({
  name: value.name,
  type: { tensorType: { elemType: value.elementType, shape: { dim: value.shape.map((dimValue) => ({ dimValue })) } } },
});
