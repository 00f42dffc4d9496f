import { describe, expect, it } from 'vitest';
import { Budget } from '../../../plugins/reward-math/budget.js';
import { ComplexField } from '../../../plugins/reward-math/numeric/complex.js';
import { unaryFunctions } from '../../../plugins/reward-math/numeric/functions.js';
import { rational } from '../../../plugins/reward-math/numeric/rational.js';

const field = new ComplexField(192, new Budget(1e9));
const number = (value: { re: { m: bigint; e: number } } | undefined): number => field.real.toNumber(value!.re);
const at = (n: bigint, d = 1n) => field.from(rational(n, d));

describe('arithmetic at 192 bits', () => {
  const known: Record<string, (x: number) => number> = {
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    sinh: Math.sinh,
    cosh: Math.cosh,
    tanh: Math.tanh,
    arctan: Math.atan,
    arsinh: Math.asinh,
    exp: Math.exp,
    abs: Math.abs,
    floor: Math.floor,
    ceil: Math.ceil,
  };
  for (const [name, reference] of Object.entries(known)) {
    it(`${name} agrees with the built-in function`, () => {
      for (const [n, d] of [
        [1n, 3n],
        [-7n, 5n],
        [22n, 7n],
        [100n, 9n],
        [-1n, 1000n],
      ] as const) {
        expect(number(unaryFunctions.get(name)!(field, at(n, d)))).toBeCloseTo(reference(Number(n) / Number(d)), 8);
      }
    });
  }

  it('inverse functions undo functions to the last bits', () => {
    const x = at(3n, 7n);
    for (const [there, back] of [
      ['sin', 'arcsin'],
      ['cos', 'arccos'],
      ['tan', 'arctan'],
      ['exp', 'ln'],
      ['sinh', 'arsinh'],
      ['tanh', 'artanh'],
    ] as const) {
      const again = unaryFunctions.get(back)!(field, unaryFunctions.get(there)!(field, x)!)!;
      expect(field.real.top(field.abs(field.subtract(again, x))), `${back}(${there} x)`).toBeLessThan(-180);
    }
  });

  it('holds Euler’s identity, also at higher precision', () => {
    for (const bits of [192, 1000]) {
      const f = new ComplexField(bits, new Budget(1e9));
      const value = f.exp({ re: { m: 0n, e: 0 }, im: f.series.pi() })!;
      expect(f.real.top(f.abs(f.add(value, f.integer(1))))).toBeLessThan(-bits + 10);
    }
  });

  it('has no value for division by zero and for what is out of range', () => {
    expect(field.divide(at(1n), at(0n))).toBeUndefined();
    expect(field.exp(at(10n ** 20n))).toBeUndefined();
    expect(field.ln(at(0n))).toBeUndefined();
  });

  it('represents numbers far beyond doubles', () => {
    const huge = field.power(at(10n), at(10n ** 10n))!;
    expect(field.real.top(huge.re)).toBeCloseTo(1e10 * Math.log2(10), -1);
  });
});
