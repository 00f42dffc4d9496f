import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vectorJacobian } from '../../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import { interpret } from '../../../../core/compute/tensor/interpret.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import type { DType, Shape } from '../../../../core/compute/tensor/types.js';
import { decodeInputs, graphOf, type Build } from './numeric.js';

interface Case {
  readonly attributes: Readonly<Record<string, number>>;
  readonly inputs: readonly { readonly shape: Shape; readonly dtype: DType; readonly values: number[] }[];
  readonly outputs: readonly { readonly shape: Shape; readonly values: number[] }[];
  readonly weights: readonly number[][];
  readonly gradients: readonly number[][];
}
interface AdamW {
  readonly start: number[];
  readonly learningRate: number;
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly steps: readonly {
    readonly gradient: number[];
    readonly parameter: number[];
    readonly m: number[];
    readonly v: number[];
  }[];
}
/** Numbers recorded by test/fixtures/tensor/tensor-oracle.py, which says how. */
const oracle = JSON.parse(
  readFileSync(new URL('../../../fixtures/tensor/tensor-oracle.json', import.meta.url), 'utf8'),
) as { cases: Record<string, Case>; adamW: AdamW };

const two = (x: Tensor): Tensor => ops.add(ops.mul(x, x), 0.5);
const builds: Record<string, (attributes: Case['attributes']) => Build> = {
  elementwise: () => (x) => [
    ops.neg(x),
    ops.exp(x),
    ops.log(two(x)),
    ops.sqrt(two(x)),
    ops.abs(x),
    ops.sigmoid(x),
    ops.silu(x),
    ops.clip(x, -0.5, 0.5),
  ],
  arithmetic: () => (a, b) => [
    ops.add(a, b),
    ops.sub(a, b),
    ops.mul(a, b),
    ops.div(a, two(b)),
    ops.minimum(a, b),
    ops.maximum(a, b),
    ops.where(ops.less(a, b), a, ops.mul(2, b)),
  ],
  'matmul 00': () => (a, b) => ops.matmul(a, b),
  'matmul 01': () => (a, b) => ops.matmul(a, b, { transB: true }),
  'matmul 10': () => (a, b) => ops.matmul(a, b, { transA: true }),
  'matmul 11': () => (a, b) => ops.matmul(a, b, { transA: true, transB: true }),
  movement: () => (x) => [
    ops.transpose(x, [2, 0, 1]),
    ops.slice(x, 1, 1, 3),
    ops.concat([x, ops.slice(x, 1, 0, 1)], 1),
    ops.reshape(x, [6, 4]),
  ],
  reductions: () => (x) => [ops.sum(x), ops.sum(x, [0, 2]), ops.sum(x, [1], true)],
  gatherRows: () => (t, ids) => ops.gatherRows(t, ids),
  scatterAddRows: () => (t, ids, u) => ops.scatterAddRows(t, ids, u),
  pick: () => (x, ids) => ops.pick(x, ids),
  rmsNorm: () => (x, w) => ops.rmsNorm(x, w, 1e-6),
  rotary: (a) => (x, c, s) => ops.rotary(x, c, s, a['heads']!),
  attention: (a) => (q, k, v, s) => ops.attention({ q, k, v, starts: s }, a['heads']!, a['kvHeads']!),
  decodeAttention:
    (a) =>
    (...t) =>
      ops.decodeAttention(decodeInputs(t), a['heads']!, a['kvHeads']!),
  tokenLogprob: () => (x, ids) => {
    const t = ops.tokenLogprob(x, ids);
    return [t.logprob, t.entropy];
  },
  softmax: () => (x) => ops.softmax(x),
};

/** Constants of the definitions (1/√h, ε) are f32, which leaves 6e-8; the record has 12 digits. */
const expectClose = (what: string, actual: Float64Array, expected: readonly number[]): void => {
  expect(actual.length, what).toBe(expected.length);
  actual.forEach((v, i) =>
    expect(
      Math.abs(v - expected[i]!) / (1 + Math.abs(expected[i]!)),
      `${what}[${i}]: ${v}, recorded ${expected[i]!}`,
    ).toBeLessThan(1e-7),
  );
};

/** Results named y0, y1, … and gradients d0, d1, … of all f32 inputs, for the recorded weights. */
function differentiated(name: string, one: Case): Graph {
  const { graph, inputs, results } = graphOf(
    builds[name]!(one.attributes),
    one.inputs.map((x) => ({ ...x, values: Float64Array.from(x.values) })),
  );
  results.forEach((t, i) => graph.output(`y${i}`, t));
  const seeds = results.map((t, i) => [t, graph.input(`w${i}`, t.shape)] as const);
  vectorJacobian(
    seeds,
    inputs.filter((t) => t.dtype === 'f32'),
  ).forEach((t, i) => graph.output(`d${i}`, t!));
  return graph;
}

describe('results and gradients equal those recorded from PyTorch', () => {
  it('every recorded case is known here', () =>
    expect(Object.keys(builds).sort()).toEqual(Object.keys(oracle.cases).sort()));

  for (const [name, one] of Object.entries(oracle.cases)) {
    it(name, () => {
      const feeds = Object.fromEntries([
        ...one.inputs.map((x, i) => [`x${i}`, x.values]),
        ...one.weights.map((w, i) => [`w${i}`, w]),
      ]);
      const actual = interpret(differentiated(name, one), feeds);
      one.outputs.forEach((y, i) => expectClose(`output ${i}`, actual[`y${i}`]!, y.values));
      one.gradients.forEach((d, i) => expectClose(`gradient ${i}`, actual[`d${i}`]!, d));
    });
  }

  it('adamW over three steps, with decay and a scaled gradient', () => {
    const { steps, start, learningRate, gradientScale, ...settings } = oracle.adamW;
    const g = new Graph('adamW');
    const vector = (name: string): Tensor => g.input(name, [start.length]);
    const scalars = {
      learningRate: g.input('learningRate', []),
      step: g.input('step', []),
      gradientScale: g.input('gradientScale', []),
    };
    const next = ops.adamW(
      { parameter: vector('parameter'), gradient: vector('gradient'), m: vector('m'), v: vector('v'), ...scalars },
      settings,
    );
    for (const [name, t] of Object.entries(next)) g.output(name, t);
    let state: Record<string, ArrayLike<number>> = { parameter: start, m: start.map(() => 0), v: start.map(() => 0) };
    steps.forEach((expected, i) => {
      const result = interpret(g, {
        ...state,
        gradient: expected.gradient,
        learningRate: [learningRate],
        step: [i + 1],
        gradientScale: [gradientScale],
      });
      for (const name of ['parameter', 'm', 'v'] as const)
        expectClose(`${name} after step ${i + 1}`, result[name]!, expected[name]);
      state = result;
    });
  });
});
