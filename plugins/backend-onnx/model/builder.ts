import type { DType, Shape, TensorData } from '../../../core/compute/tensor/types.js';
import { nodeOrder } from './node-order.js';
import {
  elementType,
  encodeModel,
  type AttributeValue,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from './proto.js';

/** A value inside the model under construction: its name, as ONNX wants it. */
export type Value = string;

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** `com.microsoft` for ONNX Runtime's own operators. */
  readonly domain?: string;
}

/** Version of the ONNX operators that the lowering is written for. */
const operatorSet = 21;
/** Operators that came later; a model that has one is of that version, in which the others mean the same. */
const laterOperators: Readonly<Record<string, number>> = { BitCast: 26 };

/** Type by which ONNX Runtime knows the elements of an input or output. */
const valueType = (dtype: DType): number => elementType[dtype === 'bf16' ? 'u16' : dtype];

/** Collects the nodes of one ONNX model; equal initializers are stored once. */
export class ModelBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly initializers = new Map<string, OnnxInitializer>();
  private readonly taken = new Set<Value>();
  /** What was reshaped to a value. */
  private readonly reshaped = new Map<Value, Value>();

  constructor(private readonly name: string) {}

  input(dtype: DType, shape: Shape): Value {
    const name = `x${this.inputs.length}`;
    this.inputs.push({ name, elementType: valueType(dtype), shape });
    this.taken.add(name);
    return name;
  }

  /**
   * Makes `value` an output of the model. A model output must be made by a node and carry one name only, hence the copy
   * of anything else.
   */
  output(value: Value, dtype: DType, shape: Shape): Value {
    const name = this.taken.has(value) ? this.node('Identity', [value]) : value;
    this.taken.add(name);
    this.outputs.push({ name, elementType: valueType(dtype), shape });
    return name;
  }

  /** `value` with its elements in another shape. Of several in a row only the last is computed. */
  reshape(value: Value, shape: readonly number[]): Value {
    const source = this.reshaped.get(value) ?? value;
    const result = this.node('Reshape', [source, this.integers(shape)]);
    this.reshaped.set(result, source);
    return result;
  }

  /** One operator with one output. */
  node(opType: string, input: readonly Value[], options: NodeOptions = {}): Value {
    const output = `v${this.nodes.length}`;
    this.nodes.push({
      opType,
      domain: options.domain ?? '',
      input,
      output: [output],
      attributes: options.attributes ?? {},
    });
    return output;
  }

  constant(data: TensorData, shape: Shape): Value {
    return this.initializer(
      elementType[data instanceof Float32Array ? 'f32' : 'i32'],
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      shape,
    );
  }

  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), []);
  }

  /** A list of int64: axes, shapes, slice bounds. */
  integers(values: readonly number[]): Value {
    return this.initializer(elementType.i64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer), [
      values.length,
    ]);
  }

  encode(): Uint8Array {
    const nodes = this.neededNodes();
    return encodeModel({
      name: this.name,
      operatorSet: Math.max(operatorSet, ...nodes.map(({ opType }) => laterOperators[opType] ?? 0)),
      nodes: nodeOrder(nodes),
      inputs: this.inputs,
      outputs: this.outputs,
      initializers: [...this.initializers.values()],
    });
  }

  /** Those that an output depends on. */
  private neededNodes(): OnnxNode[] {
    const needed = new Set(this.outputs.map(({ name }) => name));
    return this.nodes
      .toReversed()
      .filter(({ input, output }) => {
        const isNeeded = output.some((value) => needed.has(value));
        if (isNeeded) for (const value of input) needed.add(value);
        return isNeeded;
      })
      .toReversed();
  }

  private initializer(type: number, data: Uint8Array, shape: Shape): Value {
    // Large constants are not compared: graphs share equal nodes already.
    const key = data.length <= 64 ? `${type}[${shape.join()}]${data.join()}` : `#${this.initializers.size}`;
    let known = this.initializers.get(key);
    if (!known) {
      known = { name: `c${this.initializers.size}`, elementType: type, shape, data };
      this.initializers.set(key, known);
      this.taken.add(known.name);
    }
    return known.name;
  }
}
