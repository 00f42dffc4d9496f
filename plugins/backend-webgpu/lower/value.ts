import { elementAt } from '../../../core/arrays.js';
import { sizeOf, type DType, type TensorData } from '../../../core/compute/tensor/types.js';
import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { wordsOf } from '../memory/words.js';

/** Another form of a value, for example in f16, made of nothing else. */
export interface Derivation {
  readonly from: Value;
  /** Name of the form. If `from` is an input, the form is cached with its buffer until the contents change. */
  readonly form: string;
}

/** The elements of a tensor in memory, without a shape: what kernels read and write. bool is stored as i32 0 and 1. */
export interface Value {
  /** For error messages. */
  readonly name: string;
  /** Number of elements. */
  readonly size: number;
  readonly dtype: Exclude<DType, 'bf16'>;
  /** Contents fixed in the program. */
  readonly constant?: TensorData;
  readonly derived?: Derivation;
}

/** The tensor with the same elements in the same order that is really computed: memory has no shape. */
export function withoutReshape(t: Tensor): Tensor {
  while (t.node.op.name === 'reshape' || t.node.op.name === 'stopGradient') t = elementAt(t.node.inputs, 0);
  return t;
}

/** A constant that is written into kernels: one number, or 0, 1, 2, … Others are stored. */
export const isInline = ({ data }: Node): boolean => data !== undefined && (data.length === 1 || isIota(data));

const isIota = (data: TensorData): boolean => data instanceof Int32Array && data.every((v, i) => v === i);

/** The values of a graph's tensors, one for each tensor that needs memory. */
export class Values {
  private readonly known = new Map<Tensor, Value>();

  of(tensor: Tensor): Value {
    const t = withoutReshape(tensor),
      known = this.known.get(t);
    if (known) return known;
    const constant = isInline(t.node) ? undefined : t.node.data;
    const value = { name: nameOf(t), ...elementsOf(t), ...(constant && { constant }) };
    this.known.set(t, value);
    return value;
  }
}

/** What is stored of a tensor: two numbers of bf16 are one word. */
function elementsOf({ dtype, shape }: Tensor): Pick<Value, 'size' | 'dtype'> {
  return dtype === 'bf16' ? { size: wordsOf(dtype, shape), dtype: 'i32' } : { size: sizeOf(shape), dtype };
}

const nameOf = (t: Tensor): string => {
  const name = t.node.attributes['name'];
  return t.node.op.name === 'input' && typeof name === 'string' ? name : `${t.node.op.name} ${t.node.id}`;
};

/** Memory that only the kernels of one operation use. */
export const temporary = (name: string, size: number, dtype: Value['dtype'] = 'f32'): Value => ({ name, size, dtype });
