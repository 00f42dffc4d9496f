import type { Node } from '../graph.js';
import { sameShape, sizeOf, type Shape } from '../types.js';
import { broadcastSteps, pickAt, positions, type Kernel, type Values } from './walk.js';

/** The value of an input at every element of the output. */
const spread = (x: Values, from: Shape, out: Shape): Values =>
  sameShape(from, out) ? x : pickAt(x, positions(out, broadcastSteps(from, out)));

const operands = (node: Node, inputs: readonly Values[]): Values[] =>
  inputs.map((x, i) => spread(x, node.inputs[i]!.shape, node.outputs[0]!.shape));

const unary =
  (f: (x: number) => number): Kernel =>
  (_, [x]) => {
    const out = new Float64Array(x!.length);
    for (let i = 0; i < out.length; i++) out[i] = f(x![i]!);
    return out;
  };

const binary =
  (f: (a: number, b: number) => number, integer = f): Kernel =>
  (node, inputs) => {
    const [a, b] = operands(node, inputs) as [Values, Values];
    const g = node.inputs[0]!.dtype === 'i32' ? integer : f;
    const out = new Float64Array(sizeOf(node.outputs[0]!.shape));
    for (let i = 0; i < out.length; i++) out[i] = g(a[i]!, b[i]!);
    return out;
  };

const where: Kernel = (node, inputs) => {
  const [condition, a, b] = operands(node, inputs) as [Values, Values, Values];
  const out = new Float64Array(condition.length);
  for (let i = 0; i < out.length; i++) out[i] = condition[i] !== 0 ? a[i]! : b[i]!;
  return out;
};

/** f32 to i32 cuts towards zero; what an i32 cannot hold becomes the nearest that it can, NaN becomes 0. */
const toInteger = (x: number): number => Math.min(Math.max(x, -2147483648), 2147483647) | 0;

/** Element-wise primitives; two arguments broadcast. i32 arithmetic wraps around at 32 bits, i32 division cuts towards zero. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  stopGradient: (_, [x]) => x!,
  cast: (node, [x]) => (node.attributes['dtype'] === 'i32' ? unary(toInteger)(node, [x!]) : x!),
  add: binary(
    (a, b) => a + b,
    (a, b) => (a + b) | 0,
  ),
  sub: binary(
    (a, b) => a - b,
    (a, b) => (a - b) | 0,
  ),
  mul: binary((a, b) => a * b, Math.imul),
  div: binary(
    (a, b) => a / b,
    (a, b) => (a / b) | 0,
  ),
  minimum: binary(Math.min),
  maximum: binary(Math.max),
  less: binary((a, b) => Number(a < b)),
  lessEqual: binary((a, b) => Number(a <= b)),
  equal: binary((a, b) => Number(a === b)),
  and: binary((a, b) => a * b),
  where,
};
