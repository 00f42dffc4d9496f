import { describe, expect, it } from 'vitest';
import { nodeOrder } from '../../../plugins/backend-onnx/model/node-order.js';
import type { OnnxNode } from '../../../plugins/backend-onnx/model/proto.js';

const node = (output: string, ...input: string[]): OnnxNode => ({
  opType: 'Add',
  domain: '',
  input,
  output: [output],
  attributes: {},
});

/** What ONNX Runtime does with a list: depth first from the results back, the last listed of several first. */
function executionOrder(nodes: readonly OnnxNode[]): string[] {
  const places = new Map(nodes.map(({ output }, i) => [output[0]!, i]));
  const inputsOf = (i: number): number[] => nodes[i]!.input.flatMap((value) => places.get(value) ?? []);
  const read = new Set([...nodes.keys()].flatMap(inputsOf));
  const executed = new Set<number>();
  const visit = (i: number): void => {
    if (executed.has(i)) return;
    for (const input of inputsOf(i).sort((a, b) => b - a)) visit(input);
    executed.add(i);
  };
  for (const i of [...nodes.keys()].reverse()) if (!read.has(i)) visit(i);
  return [...executed].map((i) => nodes[i]!.output[0]!);
}

describe('the order of the nodes of an ONNX model', () => {
  it('has every node after its inputs, and each node once', () => {
    const nodes = [node('a', 'x'), node('b', 'a'), node('c', 'x', 'a'), node('d', 'c', 'b'), node('e', 'b')];
    const listed = nodeOrder(nodes);
    expect(listed.map(({ output }) => output[0]).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const [i, { input }] of listed.entries())
      for (const value of input)
        if (value !== 'x') expect(listed.slice(0, i).some(({ output }) => output[0] === value)).toBe(true);
  });

  it('lets results be computed in the order in which they were made: gradients along a chain', () => {
    const nodes = [
      node('y1', 'x'),
      node('y2', 'y1'),
      node('y3', 'y2'),
      node('w3', 'y2', 'y3'),
      node('d2', 'y3'),
      node('w2', 'y1', 'd2'),
      node('d1', 'd2'),
      node('w1', 'x', 'd1'),
    ];
    expect(executionOrder(nodeOrder(nodes))).toEqual(nodes.map(({ output }) => output[0]));
    expect(executionOrder(nodes).at(-1)).toBe('w3');
  });

  it('takes the input that was made first', () => {
    const nodes = [node('a', 'x'), node('b', 'x'), node('c', 'a', 'b')];
    expect(executionOrder(nodeOrder(nodes))).toEqual(['a', 'b', 'c']);
    expect(executionOrder(nodes)).toEqual(['b', 'a', 'c']);
  });
});
