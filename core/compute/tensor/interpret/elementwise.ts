/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { elementAt, zip } from '../../../arrays.js';
import type { Node } from '../graph.js';
import { sameShape, sizeOf, type Shape } from '../types.js';
import { broadcastSteps, pickAt, walkOffsets, type Kernel, type Values } from './walk.js';

/** The value of an input at every element of the output. */
const broadcast = (x: Values, from: Shape, out: Shape): Values =>
  sameShape(from, out) ? x : pickAt(x, walkOffsets(out, broadcastSteps(from, out)));

function broadcastInputs(node: Node, inputs: readonly Values[]): Values[] {
  const { shape } = elementAt(node.outputs, 0);
  return [...zip(inputs, node.inputs)].map(([x, t]) => broadcast(x, t.shape, shape));
}

const unary =
  (f: (x: number) => number): Kernel =>
  (_, inputs) => {
    const x = elementAt(inputs, 0);
    const out = new Float64Array(x.length);
    for (let i = 0; i < out.length; i++) out[i] = f(x[i]!);
    return out;
  };

const identity: Kernel = (_, inputs) => elementAt(inputs, 0);

const binary =
  (f: (a: number, b: number) => number, integer = f): Kernel =>
  (node, inputs) => {
    const [a, b] = broadcastInputs(node, inputs) as [Values, Values];
    const g = elementAt(node.inputs, 0).dtype === 'i32' ? integer : f;
    const out = new Float64Array(sizeOf(elementAt(node.outputs, 0).shape));
    for (let i = 0; i < out.length; i++) out[i] = g(a[i]!, b[i]!);
    return out;
  };

const where: Kernel = (node, inputs) => {
  const [condition, a, b] = broadcastInputs(node, inputs) as [Values, Values, Values];
  const out = new Float64Array(condition.length);
  for (let i = 0; i < out.length; i++) out[i] = condition[i] !== 0 ? a[i]! : b[i]!;
  return out;
};

/** f32 to i32 cuts towards zero; what an i32 cannot hold becomes the nearest that it can, NaN becomes 0. */
const toInteger = unary((x) => Math.min(Math.max(x, -2147483648), 2147483647) | 0);

/**
 * Element-wise primitives; two arguments broadcast. i32 arithmetic wraps around at 32 bits, i32 division cuts towards
 * zero.
 */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  stopGradient: identity,
  cast: (node, inputs) => (node.attributes['dtype'] === 'i32' ? toInteger : identity)(node, inputs),
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
