import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import {
  add,
  cacheWrite,
  concat,
  exp,
  expand,
  gatherRows,
  mul,
  reshape,
  scatterAddRows,
  sum,
  sumSquares,
} from '../../../core/compute/tensor/ops.js';
import { mergeScatters } from '../../../plugins/backend-onnx/lower/rewrite.js';
import { scheduleSteps } from '../../../plugins/backend-onnx/schedule.js';

const kinds = (graph: Graph): string[] =>
  scheduleSteps(graph).steps.map((step) => (step.kind === 'host' ? step.node.op.name : 'session'));

describe('the cut of a graph', () => {
  it('needs no session for host operations, reshapes and constants', () => {
    const g = new Graph('host only');
    const cache = g.input('cache', [2, 1, 4, 8]);
    g.output(
      'cache',
      cacheWrite(cache, reshape(g.input('k', [2, 2, 2]), [2, 4]), g.constant(Int32Array.of(0, 9), [2]), 3),
    );
    g.output('zeros', expand(g.scalar(0), [3]));
    g.output('norm', sumSquares(cache));
    expect(kinds(g)).toEqual(['cacheWrite', 'sumSquares']);
  });

  it('moves elements without a session where nothing is computed, and inside the session where something is', () => {
    const g = new Graph('grow a cache');
    const rows = reshape(gatherRows(g.input('cache', [2, 6]), g.input('rows', [2], 'i32')), [2, 2, 3]);
    g.output('cache', concat([rows, expand(g.scalar(0), [2, 2, 1])], 2));
    expect(kinds(g)).toEqual(['gatherRows', 'concat']);
    g.output('norm', exp(rows));
    expect(kinds(g)).toEqual(['session']);
  });

  it('puts all independent session work into one session, though host work stands between', () => {
    const g = new Graph('two strands');
    const a = g.input('a', [4]),
      b = g.input('b', [4]);
    g.output('host', sumSquares(exp(a)));
    g.output('later', mul(exp(b), 2));
    expect(kinds(g)).toEqual(['session', 'sumSquares']);
  });

  it('starts a second session only behind a host result', () => {
    const g = new Graph('sandwich');
    const a = g.input('a', [4]);
    g.output('scaled', mul(a, sumSquares(exp(a))));
    expect(kinds(g)).toEqual(['session', 'sumSquares', 'session']);
  });

  it('puts sessions before host kernels that may overwrite what they read', () => {
    const g = new Graph('overwrite');
    const table = g.input('table', [4, 2]);
    g.output('table', scatterAddRows(table, g.input('ids', [3], 'i32'), g.input('updates', [3, 2])));
    g.output('total', sum(table));
    expect(kinds(g)).toEqual(['session', 'scatterAddRows']);
  });

  it('leaves out what no output needs', () => {
    const g = new Graph('dead');
    const a = g.input('a', [4]);
    sumSquares(exp(a));
    g.output('a', a);
    expect(kinds(g)).toEqual([]);
  });
});

describe('merging scatters', () => {
  const scatter = (g: Graph, base: number): ReturnType<typeof scatterAddRows> =>
    scatterAddRows(expand(g.scalar(base), [4, 2]), g.input('ids', [3], 'i32'), g.input('updates', [3, 2]));

  it('adds rows to the other summand, so that no table of zeros is made and no second session is needed', () => {
    const g = new Graph('tied');
    g.output('gradient', add(exp(g.input('other', [4, 2])), scatter(g, 0)));
    expect(kinds(g)).toEqual(['session', 'scatterAddRows', 'session']);
    expect(kinds(mergeScatters(g))).toEqual(['session', 'scatterAddRows']);
  });

  it('leaves a base that is not zero, a result that others read, and a broadcast sum alone', () => {
    const base = new Graph('base');
    base.output('y', add(base.input('other', [4, 2]), scatter(base, 1)));
    const shared = new Graph('shared');
    const rows = scatter(shared, 0);
    shared.output('rows', rows);
    shared.output('y', add(shared.input('other', [4, 2]), rows));
    const broadcast = new Graph('broadcast');
    broadcast.output('y', add(broadcast.input('other', [2]), scatter(broadcast, 0)));
    for (const g of [base, shared, broadcast]) expect(kinds(mergeScatters(g))).toEqual(['scatterAddRows', 'session']);
  });
});
