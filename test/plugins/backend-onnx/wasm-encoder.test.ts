import { describe, expect, it } from 'vitest';
import { f64x2, i32, repeat, signed, unsigned } from '../../../plugins/backend-onnx/host/wasm/instructions.js';
import { defineFunction, encodeModule, instantiate } from '../../../plugins/backend-onnx/host/wasm/module.js';
import { optimizerModule } from '../../../plugins/backend-onnx/host/wasm/optimizer.js';

describe('the WebAssembly encoder', () => {
  it('writes numbers in LEB128', () => {
    // The examples of the DWARF standard, version 5, tables 7.7 and 7.8.
    expect([2, 127, 128, 129, 12857].map(unsigned)).toEqual([[2], [127], [128, 1], [129, 1], [0xb9, 100]]);
    expect([2, -2, 127, -127, 128, -128, 129, -129].map(signed)).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0x81, 1],
      [0xff, 0x7e],
    ]);
  });

  it('writes modules that the engine accepts and executes', () => {
    const double = defineFunction('double', { bytes: 'i32' }, { at: 'i32' }, ({ bytes, at }) => [
      repeat(at, { step: 8, end: bytes }, [
        ...f64x2.storePair(
          i32.add(at.get, i32.constant(1000)),
          0,
          f64x2.add(f64x2.loadPair(at.get, 0), f64x2.loadPair(at.get, 0)),
        ),
      ]),
    ]);
    const { memory, functions } = instantiate<'double'>(encodeModule([double], 1));
    expect(memory.buffer.byteLength).toBe(2 ** 16);
    new Float32Array(memory.buffer).set([1, 2.5, -3, 4]);
    functions.double(16);
    expect([...new Float32Array(memory.buffer, 1000, 5)]).toEqual([2, 5, -6, 8, 0]);
  });

  it('writes the same bytes every time', () => {
    expect(optimizerModule()).toEqual(optimizerModule());
  });
});
