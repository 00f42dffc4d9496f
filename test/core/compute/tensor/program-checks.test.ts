import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from '../../../../core/contracts/backend.js';
import { Graph } from '../../../../core/compute/tensor/graph.js';
import { add } from '../../../../core/compute/tensor/ops.js';
import {
  checkBindings,
  checkBufferType,
  checkContents,
  checkWrite,
  programSignature,
} from '../../../../core/compute/tensor/program-checks.js';
import type { DType, Shape } from '../../../../core/compute/tensor/types.js';

const buffer = (shape: Shape, dtype: DType = 'f32', alive = true): DeviceBuffer => ({ shape, dtype, alive, bytes: 0 });
const failure = (code: string, message: string, details: object = {}): unknown =>
  expect.objectContaining({
    code,
    message: expect.stringContaining(message),
    details: expect.objectContaining(details),
  });

function graph(): Graph {
  const g = new Graph('sum');
  g.output('total', add(g.input('total', [2]), g.input('change', [2])));
  return g;
}

describe('the signature of a program', () => {
  it('lists inputs, outputs and donations', () => {
    const signature = programSignature(graph(), { label: 'sum', donate: ['total'] });
    expect(signature.inputs).toEqual([
      { name: 'total', shape: [2], dtype: 'f32' },
      { name: 'change', shape: [2], dtype: 'f32' },
    ]);
    expect(signature.outputs).toEqual([{ name: 'total', shape: [2], dtype: 'f32' }]);
    expect([...signature.donated]).toEqual(['total']);
  });

  it('refuses a donation that is no input, and proposes the nearest', () => {
    expect(() => programSignature(graph(), { label: 'sum', donate: ['totals'] })).toThrow(
      failure('ORZ_PROGRAM_INPUT', 'Program "sum" cannot donate "totals"', {
        value: 'totals',
        allowed: ['total', 'change'],
        remedy: 'Did you mean "total"?',
      }),
    );
  });

  it('refuses a graph without outputs and a bool input', () => {
    const g = new Graph('test');
    g.input('flag', [1], 'bool');
    expect(() => programSignature(g, { label: 'test' })).toThrow(failure('ORZ_GRAPH_INVALID', 'has no outputs'));
    g.output('x', g.input('x', [1]));
    expect(() => programSignature(g, { label: 'test' })).toThrow(failure('ORZ_GRAPH_DTYPE', 'input "flag" is bool'));
  });
});

describe('bindings', () => {
  const check =
    (inputs: Record<string, DeviceBuffer>, donate: string[] = []) =>
    () =>
      checkBindings(programSignature(graph(), { label: 'sum', donate }), inputs);
  const a = buffer([2]),
    b = buffer([2]);

  it('fit when every input has a live buffer of its type, one buffer for two inputs included', () => {
    expect(check({ total: a, change: b }, ['total'])).not.toThrow();
    expect(check({ total: a, change: a })).not.toThrow();
  });

  it('that are missing or unknown are named', () => {
    expect(check({ total: a })).toThrow(
      failure('ORZ_PROGRAM_INPUT', 'input "change" is missing', {
        value: 'change',
        remedy: 'Bind a buffer of type f32[2].',
      }),
    );
    expect(check({ total: a, change: b, chnge: b })).toThrow(
      failure('ORZ_PROGRAM_INPUT', 'has no input "chnge"', { remedy: 'Did you mean "change"?' }),
    );
  });

  it('of a wrong type say what was wanted and what came', () => {
    expect(check({ total: a, change: buffer([2, 1]) })).toThrow(
      failure('ORZ_PROGRAM_INPUT', 'input "change" takes f32[2], not f32[2, 1]', { allowed: 'f32[2]' }),
    );
    expect(check({ total: a, change: buffer([2], 'i32') })).toThrow(failure('ORZ_PROGRAM_INPUT', 'not i32[2]'));
  });

  it('that are dead say so', () => {
    expect(check({ total: a, change: buffer([2], 'f32', false) })).toThrow(
      failure('ORZ_BUFFER_CONSUMED', 'input "change" was released, or donated'),
    );
  });

  it('that donate a buffer which is bound twice are refused, whichever of the two is donated', () => {
    for (const donate of [['total'], ['change'], ['total', 'change']])
      expect(check({ total: a, change: a }, donate)).toThrow(
        failure('ORZ_PROGRAM_INPUT', 'inputs "total" and "change" share a buffer'),
      );
  });
});

describe('contents of a buffer', () => {
  it('have a dtype that buffers can hold, and positive extents', () => {
    expect(() => {
      checkBufferType([2], 'bool');
    }).toThrow(failure('ORZ_GRAPH_DTYPE', 'cannot be bool'));
    for (const extent of [0, -1, 1.5])
      expect(() => {
        checkBufferType([2, extent], 'f32');
      }).toThrow(failure('ORZ_GRAPH_SHAPE', `the extent ${extent}`));
    expect(() => {
      checkBufferType([], 'i32');
    }).not.toThrow();
  });

  it('fill it, or a range within it, with values of its dtype', () => {
    const type = { shape: [2, 2], dtype: 'f32' } as const;
    expect(() => {
      checkContents(type, new Float32Array(3));
    }).toThrow(failure('ORZ_GRAPH_SHAPE', '3 values do not fill a buffer f32[2, 2]'));
    expect(() => {
      checkContents(type, new Int32Array(4));
    }).toThrow(failure('ORZ_GRAPH_DTYPE', 'Int32Array cannot be written', { allowed: 'Float32Array' }));
    expect(() => {
      checkWrite(type, new Float32Array(2), 2);
    }).not.toThrow();
    for (const offset of [3, -1, 0.5])
      expect(() => {
        checkWrite(type, new Float32Array(2), offset);
      }).toThrow(failure('ORZ_GRAPH_SHAPE', `from element ${offset}`, { allowed: '0 … 2' }));
  });
});
