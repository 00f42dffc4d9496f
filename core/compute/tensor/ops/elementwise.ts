import { dtypeAttribute } from '../attributes.js';
import { notATensor, numbersOnly, operandDTypes, shapeMismatch } from '../errors.js';
import { expectDType, isTensor, type Op, type Tensor } from '../graph.js';
import { broadcastShapes, type DType, type Shape } from '../types.js';
import { expand, sumTo } from './shape.js';

/** A tensor, or a number that becomes a scalar constant of the other operand's type. */
export type Operand = Tensor | number;

function tensorAmong(op: string, ...operands: readonly Operand[]): Tensor {
  const wrong = operands.findIndex((operand) => typeof operand !== 'number' && !isTensor(operand));
  if (wrong >= 0) throw notATensor(op, operands[wrong], wrong);
  const tensor = operands.find(isTensor);
  if (!tensor) throw numbersOnly(operands);
  return tensor;
}

/** Turns a number into a scalar constant beside `like`. */
export function toTensor(operand: Operand, like: Tensor): Tensor {
  return typeof operand === 'number' ? like.graph.scalar(operand, like.dtype === 'i32' ? 'i32' : 'f32') : operand;
}

/** The shape to which all inputs of an operation broadcast. */
function broadcast(op: string, inputs: readonly Tensor[]): Shape {
  let shape: Shape | undefined = [];
  for (const t of inputs) shape &&= broadcastShapes(t.shape, shape);
  if (!shape) throw shapeMismatch(op, inputs, 'shapes that broadcast');
  return shape;
}

/** The common dtype of two operands, which must be one of `allowed`. */
function commonDType(op: string, a: Tensor, b: Tensor, allowed: readonly DType[]): DType {
  if (a.dtype !== b.dtype || !allowed.includes(a.dtype))
    throw operandDTypes(op, a, b, allowed.map((dtype) => `both ${dtype}`).join(' or '));
  return a.dtype;
}

const numeric: readonly DType[] = ['f32', 'i32'];

/** What the gradient of a unary operation is made of: its input and output, and the gradient of the output. */
type UnaryGradient = (x: Tensor, y: Tensor, dy: Tensor) => Tensor | undefined;

function defineUnary(name: string, gradient: UnaryGradient): (x: Tensor) => Tensor {
  const op: Op<1> = {
    name,
    infer: ([x]) => {
      expectDType(name, 'f32', x);
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    gradient: ({ inputs: [x], outputs: [y] }, [dy]) => [dy && gradient(x, y, dy)],
  };
  return (x) => tensorAmong(op.name, x).graph.node(op, [x])[0];
}

type BinaryGradient = (a: Tensor, b: Tensor, y: Tensor, dy: Tensor) => [Tensor, Tensor];

/** An operation of two operands as a function that also takes numbers. */
function applyBinary(op: Op<2>): (a: Operand, b: Operand) => Tensor {
  return (a, b) => {
    const like = tensorAmong(op.name, a, b);
    return like.graph.node(op, [toTensor(a, like), toTensor(b, like)])[0];
  };
}

const defineBinary = (name: string, gradient: BinaryGradient): ((a: Operand, b: Operand) => Tensor) =>
  applyBinary({
    name,
    infer: ([a, b]) => {
      const dtype = commonDType(name, a, b, numeric);
      return [{ shape: broadcast(name, [a, b]), dtype }];
    },
    gradient: ({ inputs: [a, b], outputs: [y] }, [dy]) => {
      if (!dy) return [];
      const [da, db] = gradient(a, b, y, dy);
      return [sumTo(da, a.shape), sumTo(db, b.shape)];
    },
  });

const defineComparison = (name: string, dtypes: readonly DType[]): ((a: Operand, b: Operand) => Tensor) =>
  applyBinary({
    name,
    infer: ([a, b]) => {
      commonDType(name, a, b, dtypes);
      return [{ shape: broadcast(name, [a, b]), dtype: 'bool' }];
    },
    gradient: () => [],
  });

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

export const less = defineComparison('less', numeric);
export const lessEqual = defineComparison('lessEqual', numeric);
export const equal = defineComparison('equal', numeric);
/** Logical and of two bool tensors. */
export const and = defineComparison('and', ['bool']);

const whereOp: Op<3> = {
  name: 'where',
  infer: ([condition, a, b]) => {
    expectDType('where', 'bool', condition);
    const dtype = commonDType('where', a, b, numeric);
    return [{ shape: broadcast('where', [condition, a, b]), dtype }];
  },
  gradient: ({ inputs: [condition, a, b] }, [dy]) => {
    if (!dy) return [];
    return [undefined, sumTo(where(condition, dy, 0), a.shape), sumTo(where(condition, 0, dy), b.shape)];
  },
};

/** `a` where the condition holds, else `b`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = typeof a !== 'number' ? a : typeof b !== 'number' ? b : condition.graph.scalar(0);
  return condition.graph.node(whereOp, [condition, toTensor(a, like), toTensor(b, like)])[0];
}

const castOp: Op<1> = {
  name: 'cast',
  infer: ([x], attributes) => [{ shape: x.shape, dtype: dtypeAttribute(attributes) }],
  gradient: () => [],
};

/** Another dtype: bool to 0 and 1, f32 to i32 towards zero. No gradient flows through. */
export const cast = (x: Tensor, dtype: 'f32' | 'i32'): Tensor =>
  x.dtype === dtype ? x : x.graph.node(castOp, [x], { dtype })[0];

/** x limited to [low, high]; the gradient passes inside the range, its ends included. */
export const clip = (x: Tensor, low: number, high: number): Tensor => minimum(maximum(x, low), high);

/** Values all equal to `value`, shaped like `x`. */
export const fullLike = (x: Tensor, value: number): Tensor => expand(x.graph.scalar(value), x.shape);
