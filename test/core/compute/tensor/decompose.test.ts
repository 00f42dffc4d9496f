import { describe, expect, it } from 'vitest';
import { gradients } from '../../../../core/compute/tensor/autodiff.js';
import { decomposeMacroOps } from '../../../../core/compute/tensor/decompose.js';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import { interpret } from '../../../../core/compute/tensor/interpret.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import { given, graphOf, random, type Operand } from './numeric.js';

const names = (g: Graph): Set<string> => new Set(g.nodes.map((node) => node.op.name));

/** A graph with nested macro-ops, differentiated. */
function decoderLike(): { graph: Graph; operands: Operand[] } {
  const operands = [
    random([6, 8]),
    random([8]),
    random([6, 2]),
    random([6, 2]),
    given([2, 3], [0, 0, 2, 0, 1, 1], 'i32'),
    given([6], [0, 7, 3, 3, 1, 2], 'i32'),
  ];
  const {
    graph,
    inputs: [x, w, cos, sin, starts, ids],
  } = graphOf((t) => t, operands);
  const turned = ops.reshape(ops.rotary(ops.rmsNorm(x!, w!, 1e-6), cos!, sin!, 2), [2, 3, 8]);
  const mixed = ops.reshape(ops.attention({ q: turned, k: turned, v: turned, starts: starts! }, 2, 2), [6, 8]);
  const { logprob, entropy } = ops.tokenLogprob(ops.silu(mixed), ids!);
  const loss = ops.sum(ops.mul(logprob, entropy));
  graph.output('loss', loss);
  gradients(loss, [x!, w!]).forEach((d, i) => graph.output(`d${i}`, d!));
  return { graph, operands };
}

const feeds = (operands: readonly Operand[]): Record<string, Float64Array> =>
  Object.fromEntries(operands.map((o, i) => [`x${i}`, o.values]));

describe('decomposeMacroOps', () => {
  it('leaves only primitives when nothing is kept', () => {
    const { graph } = decoderLike();
    expect(decomposeMacroOps(graph, () => false).nodes.filter((node) => node.op.decompose)).toEqual([]);
  });

  it('keeps what is claimed, also inside the definition of another macro-op', () => {
    const { graph } = decoderLike();
    const expanded = names(decomposeMacroOps(graph, (op) => op.name === 'softmax'));
    expect(expanded.has('softmax')).toBe(true);
    expect(expanded.has('attention')).toBe(false);
  });

  it('changes no bit of any result, whatever is kept', () => {
    const { graph, operands } = decoderLike();
    const whole = interpret(graph, feeds(operands));
    for (const kept of [[], ['attention', 'softmax'], ['rmsNorm', 'tokenLogprob']]) {
      expect(
        interpret(
          decomposeMacroOps(graph, (op) => kept.includes(op.name)),
          feeds(operands),
        ),
      ).toEqual(whole);
    }
  });

  it('makes definitions rebuilt by autodiff one with those of the forward pass', () => {
    const { graph } = decoderLike();
    const counts = (g: Graph, name: string): number => g.nodes.filter((node) => node.op.name === name).length;
    const forward = graphOf((x, w) => ops.rmsNorm(x, w, 1e-6), [random([6, 8]), random([8])]);
    forward.graph.output('y', forward.results[0]!);
    const expanded = decomposeMacroOps(graph, () => false);
    expect(counts(expanded, 'sqrt')).toBe(
      counts(
        decomposeMacroOps(forward.graph, () => false),
        'sqrt',
      ),
    );
    expect(counts(expanded, 'exp')).toBeLessThanOrEqual(4);
  });

  it('keeps names, shapes and order of inputs and outputs, unused inputs included', () => {
    const g = new Graph('test');
    g.input('unused', [7], 'i32');
    const x = g.input('x', [2]);
    g.output('b', ops.silu(x));
    g.output('a', x);
    g.output('again', x);
    const expanded = decomposeMacroOps(g, () => false);
    const types = (tensors: ReadonlyMap<string, Tensor>): unknown[] =>
      [...tensors].map(([name, t]) => [name, t.dtype, t.shape]);
    expect(types(expanded.inputs)).toEqual([
      ['unused', 'i32', [7]],
      ['x', 'f32', [2]],
    ]);
    expect(types(expanded.outputs)).toEqual([
      ['b', 'f32', [2]],
      ['a', 'f32', [2]],
      ['again', 'f32', [2]],
    ]);
    expect(expanded.outputs.get('a')).toBe(expanded.inputs.get('x'));
  });

  it('shares a long constant that several definitions hold', () => {
    const g = new Graph('test'),
      x = g.input('x', [3, 40]);
    const table = g.constant(
      Float32Array.from({ length: 40 }, (_, i) => i * i),
      [40],
    );
    g.output('y', ops.silu(ops.mul(x, table)));
    g.output('z', ops.softmax(ops.add(x, table)));
    expect(
      decomposeMacroOps(g, () => false).nodes.filter((node) => node.op.name === 'constant' && node.data!.length === 40),
    ).toHaveLength(1);
  });
});
