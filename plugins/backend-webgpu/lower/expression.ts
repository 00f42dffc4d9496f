import { elementAt, lastOf } from '../../../core/arrays.js';
import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { sizeOf, type DType, type Shape, type TensorData } from '../../../core/compute/tensor/types.js';
import { notPointwise } from '../errors.js';
import { broadcastIndex, sliceIndex, transposeIndex, type Slice } from './index-math.js';
import { withoutReshape } from './value.js';

const wgslTypes = { f32: 'f32', i32: 'i32', bf16: 'f32', bool: 'bool' } as const satisfies Record<DType, string>;

/** WGSL of one element of an element-wise operation, given its operands. */
type Formula = (operands: readonly string[], dtype: DType) => string;

const infix =
  (operator: string): Formula =>
  ([a, b]) =>
    `(${a} ${operator} ${b})`;
const call =
  (name: string): Formula =>
  (operands) =>
    `${name}(${operands.join(', ')})`;

const formulas: Readonly<Record<string, Formula>> = {
  neg: ([x]) => `(-${x})`,
  exp: call('exp_f32'),
  log: call('log_f32'),
  sqrt: call('sqrt'),
  abs: call('abs'),
  sigmoid: call('sigmoid_f32'),
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: (operands, dtype) => (dtype === 'i32' ? call('div_i32') : infix('/'))(operands, dtype),
  minimum: (operands, dtype) => call(dtype === 'i32' ? 'min' : 'min_f32')(operands, dtype),
  maximum: (operands, dtype) => call(dtype === 'i32' ? 'max' : 'max_f32')(operands, dtype),
  less: infix('<'),
  lessEqual: infix('<='),
  equal: infix('=='),
  and: infix('&&'),
  where: ([condition, a, b]) => `select(${b}, ${a}, ${condition})`,
};

const moves = ['cast', 'fromBf16', 'expand', 'transpose', 'slice', 'concat', 'gatherRows', 'pick', 'rotary'];

/**
 * Whether an operation is computed element by element, wherever its inputs are read: the lowering fuses those into
 * whatever needs them.
 */
export const isPointwise = (node: Node): boolean => node.op.name in formulas || moves.includes(node.op.name);

/** Costs of operations that take more than one simple instruction. */
const costs: Readonly<Record<string, number>> = {
  exp: 12,
  log: 12,
  sigmoid: 12,
  div: 4,
  sqrt: 4,
  gatherRows: 4,
  pick: 4,
  rotary: 4,
  concat: 4,
};

/** Rough cost of one element beside its operands, in simple instructions: what it takes to compute it a second time. */
export const pointwiseCost = (node: Node): number => costs[node.op.name] ?? 1;

export interface Loads {
  /** The stored elements of a tensor that needs memory, else undefined: then its expression is written out. */
  load(t: Tensor, index: string): string | undefined;
}

/** Writes WGSL statements that compute single elements of tensors; each element is computed once in a scope. */
export class ExpressionWriter {
  private lines: string[] = [];
  private readonly scopes = [new Map<string, string>()];
  private next = 0;

  constructor(private readonly loads: Loads) {}

  /** The statements so far. */
  get body(): string {
    return this.lines.join('\n');
  }

  /** Adds a statement as it is. */
  statement(text: string): void {
    this.lines.push(text);
  }

  /** A name for the value of an expression of u32. */
  index(expression: string): string {
    return /^\w+$/.test(expression) ? expression : this.named(expression, `i ${expression}`);
  }

  /** A name for element `index` (a name or literal) of a tensor. */
  element(tensor: Tensor, index: string): string {
    const t = withoutReshape(tensor),
      at = sizeOf(t.shape) === 1 ? '0u' : index;
    const key = `${t.node.id}.${t.index} ${at}`;
    return this.known(key) ?? this.remember(key, this.compute(t, at));
  }

  private compute(t: Tensor, index: string): string {
    const { node } = t;
    const stored = this.loads.load(t, index);
    if (stored !== undefined) return stored;
    if (node.data) return constantElement(node.data, index);
    const formula = formulas[node.op.name];
    if (!formula) return this.moved(node, t.shape, index);
    const operands = node.inputs.map((x) => this.element(x, this.index(broadcastIndex(index, x.shape, t.shape))));
    return formula(operands, elementAt(node.inputs, 0).dtype);
  }

  private moved(node: Node, shape: Shape, index: string): string {
    const x = elementAt(node.inputs, 0),
      a = node.attributes;
    const at = (position: string): string => this.element(x, this.index(position));
    switch (node.op.name) {
      case 'cast':
        return cast(at(index), x.dtype, a['dtype'] as DType);
      case 'fromBf16':
        return `from_bf16(${at(`(${index} / 2u)`)}, ${index})`;
      case 'expand':
        return at(broadcastIndex(index, x.shape, shape));
      case 'transpose':
        return at(transposeIndex(index, x.shape, a['order'] as readonly number[]));
      case 'slice':
        return at(sliceIndex(index, x.shape, a as Record<keyof Slice, number>));
      case 'gatherRows':
        return this.gathered(x, elementAt(node.inputs, 1), index);
      case 'pick':
        return this.picked(x, elementAt(node.inputs, 1), index);
      case 'rotary':
        return this.rotated(node, index);
      case 'concat':
        return this.joined(node, shape, index);
      default:
        throw notPointwise(node.op.name);
    }
  }

  private gathered(table: Tensor, ids: Tensor, index: string): string {
    const [rows, width] = table.shape as [number, number];
    const id = this.element(ids, this.index(width === 1 ? index : `(${index} / ${width}u)`));
    return this.inRange(table, id, rows, (row) =>
      this.element(table, this.index(width === 1 ? row : `(${row} * ${width}u + ${index} % ${width}u)`)),
    );
  }

  private picked(x: Tensor, ids: Tensor, index: string): string {
    const [, columns] = x.shape as [number, number];
    return this.inRange(x, this.element(ids, index), columns, (id) =>
      this.element(x, this.index(`(${index} * ${columns}u + ${id})`)),
    );
  }

  /**
   * NaN for an id out of range: a wrong element would go unnoticed, and a kernel cannot throw. An i32 table has no such
   * value and gives its smallest number.
   */
  private inRange(table: Tensor, id: string, limit: number, read: (id: string) => string): string {
    const row = this.index(`u32(${id})`),
      inside = this.index(`min(${row}, ${limit - 1}u)`);
    const invalid = table.dtype === 'f32' ? 'from_bits(0x7fc00000u)' : 'i32(-2147483648)';
    return `select(${invalid}, ${read(inside)}, ${row} < ${limit}u)`;
  }

  private rotated(node: Node, index: string): string {
    const [x, cos, sin] = node.inputs as [Tensor, Tensor, Tensor];
    const half = lastOf(cos.shape),
      width = lastOf(x.shape);
    const angle = this.index(`(${index} / ${width}u * ${half}u + ${index} % ${half}u)`);
    const first = this.named(`(${index} % ${2 * half}u) < ${half}u`, `first ${index} ${half}`);
    const partner = this.index(`select(${index} - ${half}u, ${index} + ${half}u, ${first})`);
    const rotated = `${this.element(x, partner)} * ${this.element(sin, angle)}`;
    return `${this.element(x, index)} * ${this.element(cos, angle)} + select(${rotated}, -(${rotated}), ${first})`;
  }

  private joined(node: Node, shape: Shape, index: string): string {
    const axis = node.attributes['axis'] as number,
      inner = sizeOf(shape.slice(axis + 1)),
      total = elementAt(shape, axis) * inner;
    const outer = sizeOf(shape.slice(0, axis)) === 1 ? undefined : this.index(`(${index} / ${total}u)`);
    const within = outer === undefined ? index : this.index(`(${index} % ${total}u)`);
    const name = `v${this.next++}`;
    this.lines.push(`var ${name}: ${wgslTypes[elementAt(node.outputs, 0).dtype]};`);
    let start = 0;
    for (const [i, part] of node.inputs.entries()) {
      const length = elementAt(part.shape, axis) * inner,
        end = start + length;
      if (i === 0) this.lines.push(`if (${within} < ${end}u) {`);
      else this.lines.push(i < node.inputs.length - 1 ? `} else if (${within} < ${end}u) {` : '} else {');
      this.scopes.push(new Map());
      const shift = start === 0 ? '' : ` - ${start}u`,
        local = `${within}${shift}${outer === undefined ? '' : ` + ${outer} * ${length}u`}`;
      this.lines.push(`${name} = ${this.element(part, this.index(local === within ? local : `(${local})`))};`);
      this.scopes.pop();
      start = end;
    }
    this.lines.push('}');
    return name;
  }

  private named(expression: string, key: string): string {
    return this.known(key) ?? this.remember(key, expression);
  }

  private known(key: string): string | undefined {
    for (const scope of this.scopes) {
      const name = scope.get(key);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  private remember(key: string, expression: string): string {
    const name = `v${this.next++}`;
    this.lines.push(`let ${name} = ${expression};`);
    lastOf(this.scopes).set(key, name);
    return name;
  }
}

function cast(x: string, from: DType, to: DType): string {
  if (from === to) return x;
  if (from === 'bool') return to === 'i32' ? `select(0, 1, ${x})` : `select(0.0, 1.0, ${x})`;
  return to === 'i32' ? `to_i32(${x})` : `f32(${x})`;
}

function constantElement(data: TensorData, index: string): string {
  if (data.length > 1) return `i32(${index})`;
  const value = elementAt(data, 0);
  if (data instanceof Int32Array) return `i32(${value})`;
  return Number.isFinite(value) ? f32Literal(value) : `from_bits(0x${bitsOf(value).toString(16)}u)`;
}

/** A literal that denotes exactly this f32. */
export function f32Literal(value: number): string {
  const f = Math.fround(value);
  if (Object.is(f, -0)) return 'from_bits(0x80000000u)';
  const text = String(f);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

const bitsOf = (value: number): number => elementAt(new Uint32Array(Float32Array.of(value).buffer), 0);
