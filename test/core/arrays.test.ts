import { describe, expect, it } from 'vitest';
import { elementAt, joinBytes, lastOf, zip } from '../../core/arrays.js';

const internal = expect.objectContaining({ code: 'ORZ_INTERNAL' }) as Error;

describe('elementAt', () => {
  it('gives the element, also one that is undefined', () => {
    expect(elementAt(['a', 'b'], 1)).toBe('b');
    expect(elementAt([undefined], 0)).toBeUndefined();
    expect(elementAt(Float32Array.of(1, 2), 0)).toBe(1);
  });

  it.each([-1, 2, 0.5, NaN])('refuses index %d of two elements', (index) => {
    expect(() => elementAt(['a', 'b'], index)).toThrow(internal);
  });
});

describe('lastOf', () => {
  it('gives the last element and refuses an empty array', () => {
    expect(lastOf([1, 2, 3])).toBe(3);
    expect(() => lastOf([])).toThrow(internal);
  });
});

describe('zip', () => {
  it('pairs elements with their position', () => {
    expect([...zip(['a', 'b'], Int32Array.of(1, 2))]).toEqual([
      ['a', 1, 0],
      ['b', 2, 1],
    ]);
  });

  it('refuses arrays of different lengths before the first pair', () => {
    expect(() => zip([1], []).next()).toThrow(internal);
  });
});

describe('joinBytes', () => {
  it('puts all parts one after the other, into memory of their own', () => {
    const part = Uint8Array.of(1, 2);
    const whole = joinBytes([part, Uint8Array.of(), Uint8Array.of(3)]);
    part[0] = 9;
    expect(whole).toEqual(Uint8Array.of(1, 2, 3));
    expect(joinBytes([])).toEqual(new Uint8Array(0));
  });
});
