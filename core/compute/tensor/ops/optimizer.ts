import { numberAttribute } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { add, div, exp, mul, sqrt, sub } from './elementwise.js';
import { sum } from './shape.js';

/** Macro-ops of optimizer steps. None is differentiable; most are fastest as one loop on the host. */

const sumSquaresOp: Op<1> = {
  name: 'sumSquares',
  infer: ([x]) => {
    expectDType('sumSquares', 'f32', x);
    return [{ shape: [], dtype: 'f32' }];
  },
  decompose: ([x]) => [sum(mul(x, x))],
};

/** Σ x² as a scalar: the part of a global gradient norm that belongs to one tensor. */
export const sumSquares = (x: Tensor): Tensor => x.graph.node(sumSquaresOp, [x])[0];

const adamWOp: Op<7, 3> = {
  name: 'adamW',
  infer: (inputs) => {
    const [parameter, gradient, m, v, ...scalars] = inputs;
    expectDType('adamW', 'f32', ...inputs);
    const { shape } = parameter;
    if ([gradient, m, v].some((t) => !sameShape(t.shape, shape)) || scalars.some((t) => t.shape.length > 0))
      throw shapeMismatch('adamW', inputs, 'parameter, gradient, m and v of one shape, then three scalars');
    return [
      { shape, dtype: 'f32' },
      { shape, dtype: 'f32' },
      { shape, dtype: 'f32' },
    ];
  },
  decompose: ([parameter, gradient, m, v, learningRate, step, gradientScale], attributes) => {
    const beta1 = numberAttribute(attributes, 'beta1'),
      beta2 = numberAttribute(attributes, 'beta2');
    const g = mul(gradient, gradientScale);
    const nextM = add(mul(m, beta1), mul(g, 1 - beta1));
    const nextV = add(mul(v, beta2), mul(mul(g, g), 1 - beta2));
    const correction = (beta: number): Tensor => sub(1, exp(mul(step, Math.log(beta))));
    const denominator = add(sqrt(div(nextV, correction(beta2))), numberAttribute(attributes, 'epsilon'));
    const update = div(div(nextM, correction(beta1)), denominator);
    const decayed = mul(parameter, sub(1, mul(learningRate, numberAttribute(attributes, 'weightDecay'))));
    return [sub(decayed, mul(learningRate, update)), nextM, nextV];
  },
};

export interface AdamWTensors {
  /** Parameter, gradient and moments, all f32 of one shape. */
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** f32 scalars; `step` counts from 1, and the gradient is multiplied by `gradientScale` first. */
  readonly learningRate: Tensor;
  readonly step: Tensor;
  readonly gradientScale: Tensor;
}

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** One AdamW step (Loshchilov & Hutter 2019, as in PyTorch): decoupled decay, bias-corrected moments. */
export function adamW(t: AdamWTensors, settings: AdamWSettings): { parameter: Tensor; m: Tensor; v: Tensor } {
  const inputs = [t.parameter, t.gradient, t.m, t.v, t.learningRate, t.step, t.gradientScale] as const;
  const [parameter, m, v] = t.parameter.graph.node(adamWOp, inputs, { ...settings });
  return { parameter, m, v };
}
