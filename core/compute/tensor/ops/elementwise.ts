import { expectDType, shapeError, type Graph, type OpDefinition, type Tensor } from '../graph.js';
import { broadcastShapes, type DType } from '../types.js';
import { OrzError } from '../../../errors.js';
import { expand, sumTo } from './shape.js';

/** A tensor, or a number that becomes a scalar constant of the other operand's type. */
export type Operand = Tensor | number;

const graphOf = (...operands: readonly Operand[]): Tensor => {
  const tensor = operands.find((o): o is Tensor => typeof o !== 'number');
  if (!tensor) throw new OrzError('ORZ_GRAPH_INVALID', 'an operation needs at least one tensor', { value: operands });
  return tensor;
};

/** Turns a number into a scalar constant beside `like`. */
export function toTensor(operand: Operand, like: Tensor): Tensor {
  return typeof operand === 'number' ? like.graph.scalar(operand, like.dtype === 'i32' ? 'i32' : 'f32') : operand;
}

const apply = (g: Graph, op: OpDefinition, ...inputs: readonly Tensor[]): Tensor => g.node(op, inputs)[0]!;

function defineUnary(
  name: string,
  gradient: (x: Tensor, y: Tensor, dy: Tensor) => Tensor | undefined,
): (x: Tensor) => Tensor {
  const op: OpDefinition = {
    name,
    infer: ([x]) => {
      expectDType(name, 'f32', x!);
      return [{ shape: x!.shape, dtype: 'f32' }];
    },
    gradient: (node, [dy]) => [dy && gradient(node.inputs[0]!, node.outputs[0]!, dy)],
  };
  return (x) => apply(x.graph, op, x);
}

type BinaryGradient = (a: Tensor, b: Tensor, y: Tensor, dy: Tensor) => [Tensor, Tensor];

function defineBinary(name: string, gradient: BinaryGradient): (a: Operand, b: Operand) => Tensor {
  const op: OpDefinition = {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype || a!.dtype === 'bool')
        throw new OrzError('ORZ_GRAPH_DTYPE', `${name} of ${a!.dtype} and ${b!.dtype}`, {
          allowed: 'both f32 or both i32',
        });
      return [
        {
          shape: broadcastShapes(a!.shape, b!.shape) ?? shapeError(name, [a!, b!], 'shapes that broadcast'),
          dtype: a!.dtype,
        },
      ];
    },
    gradient: (node, [dy]) => {
      if (!dy) return [];
      const [a, b] = node.inputs as [Tensor, Tensor];
      const [da, db] = gradient(a, b, node.outputs[0]!, dy);
      return [sumTo(da, a.shape), sumTo(db, b.shape)];
    },
  };
  return (a, b) => {
    const like = graphOf(a, b);
    return apply(like.graph, op, toTensor(a, like), toTensor(b, like));
  };
}

function defineCompare(name: string, dtypes: readonly DType[]): (a: Operand, b: Operand) => Tensor {
  const op: OpDefinition = {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype || !dtypes.includes(a!.dtype))
        throw new OrzError('ORZ_GRAPH_DTYPE', `${name} of ${a!.dtype} and ${b!.dtype}`, { allowed: dtypes });
      return [
        {
          shape: broadcastShapes(a!.shape, b!.shape) ?? shapeError(name, [a!, b!], 'shapes that broadcast'),
          dtype: 'bool',
        },
      ];
    },
    gradient: () => [],
  };
  return (a, b) => {
    const like = graphOf(a, b);
    return apply(like.graph, op, toTensor(a, like), toTensor(b, like));
  };
}

export const neg = defineUnary('neg', (_x, _y, dy) => neg(dy));
export const exp = defineUnary('exp', (_x, y, dy) => mul(dy, y));
/** Natural logarithm. */
export const log = defineUnary('log', (x, _y, dy) => div(dy, x));
export const sqrt = defineUnary('sqrt', (_x, y, dy) => div(mul(dy, 0.5), y));
/** Magnitude; the gradient at 0 is that of the positive side. */
export const abs = defineUnary('abs', (x, _y, dy) => where(less(x, 0), neg(dy), dy));
export const sigmoid = defineUnary('sigmoid', (_x, y, dy) => mul(dy, mul(y, sub(1, y))));
/** The value itself; no gradient flows through. */
export const stopGradient = defineUnary('stopGradient', () => undefined);

export const add = defineBinary('add', (_a, _b, _y, dy) => [dy, dy]);
export const sub = defineBinary('sub', (_a, _b, _y, dy) => [dy, neg(dy)]);
export const mul = defineBinary('mul', (a, b, _y, dy) => [mul(dy, b), mul(dy, a)]);
export const div = defineBinary('div', (_a, b, y, dy) => [div(dy, b), neg(mul(dy, div(y, b)))]);
/** Element-wise minimum; at a tie the gradient goes to `a`. */
export const minimum = defineBinary('minimum', (a, b, _y, dy) => choose(lessEqual(a, b), dy));
/** Element-wise maximum; at a tie the gradient goes to `a`. */
export const maximum = defineBinary('maximum', (a, b, _y, dy) => choose(lessEqual(b, a), dy));

const choose = (first: Tensor, dy: Tensor): [Tensor, Tensor] => [where(first, dy, 0), where(first, 0, dy)];

export const less = defineCompare('less', ['f32', 'i32']);
export const lessEqual = defineCompare('lessEqual', ['f32', 'i32']);
export const equal = defineCompare('equal', ['f32', 'i32']);
/** Logical and of two bool tensors. */
export const and = defineCompare('and', ['bool']);

const whereOp: OpDefinition = {
  name: 'where',
  infer: ([condition, a, b]) => {
    expectDType('where', 'bool', condition!);
    if (a!.dtype !== b!.dtype || a!.dtype === 'bool')
      throw new OrzError('ORZ_GRAPH_DTYPE', `where of ${a!.dtype} and ${b!.dtype}`, {
        allowed: 'both f32 or both i32',
      });
    const shape = broadcastShapes(a!.shape, b!.shape);
    return [
      {
        shape:
          (shape && broadcastShapes(condition!.shape, shape)) ??
          shapeError('where', [condition!, a!, b!], 'shapes that broadcast'),
        dtype: a!.dtype,
      },
    ];
  },
  gradient: (node, [dy]) => {
    if (!dy) return [];
    const [condition, a, b] = node.inputs as [Tensor, Tensor, Tensor];
    return [undefined, sumTo(where(condition, dy, 0), a.shape), sumTo(where(condition, 0, dy), b.shape)];
  },
};

/** `a` where the condition holds, else `b`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = typeof a !== 'number' ? a : typeof b !== 'number' ? b : condition.graph.scalar(0);
  return apply(condition.graph, whereOp, condition, toTensor(a, like), toTensor(b, like));
}

const castOp: OpDefinition = {
  name: 'cast',
  infer: ([x], a) => [{ shape: x!.shape, dtype: a['dtype'] as DType }],
  gradient: () => [],
};

/** Another dtype: bool to 0 and 1, f32 to i32 towards zero. No gradient flows through. */
export const cast = (x: Tensor, dtype: 'f32' | 'i32'): Tensor =>
  x.dtype === dtype ? x : x.graph.node(castOp, [x], { dtype })[0]!;

/** x limited to [low, high]; the gradient passes inside the range, its ends included. */
export const clip = (x: Tensor, low: number, high: number): Tensor => minimum(maximum(x, low), high);

/** Values all equal to `value`, shaped like `x`. */
export const fullLike = (x: Tensor, value: number): Tensor => expand(x.graph.scalar(value), x.shape);
