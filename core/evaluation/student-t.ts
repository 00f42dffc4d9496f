import { elementAt } from '../arrays.js';
import { statisticsInputError } from './errors.js';

/** Lanczos coefficients for g = 7, n = 9: relative error of Γ below 1e-14 for arguments above one half. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** P(T > t) for Student's t with `degrees` degrees of freedom and t ≥ 0 (Abramowitz and Stegun 26.7.1). */
export function studentTail(t: number, degrees: number): number {
  const square = t * t;
  const near = square / (degrees + square);
  const far = degrees / (degrees + square);
  return far < (degrees / 2 + 1) / (degrees / 2 + 2.5)
    ? betaFraction(far, near, degrees / 2, 0.5) / 2
    : (1 - betaFraction(near, far, 0.5, degrees / 2)) / 2;
}

/** The t that Student's distribution exceeds with probability `tail`, in (0, 0.5). */
export function studentQuantile(tail: number, degrees: number): number {
  if (!(tail > 0 && tail < 0.5 && degrees >= 1)) throw statisticsInputError('No such t quantile', { tail, degrees });
  let low = 0;
  let high = 1;
  while (studentTail(high, degrees) > tail) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function logGamma(x: number): number {
  const base = x + 6.5;
  let sum = elementAt(lanczos, 0);
  for (let i = 1; i < lanczos.length; i++) sum += elementAt(lanczos, i) / (x - 1 + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/** Regularised incomplete beta I_x(a, b) with y = 1 − x: continued fraction (A&S 26.5.8) by Lentz's method. */
function betaFraction(x: number, y: number, a: number, b: number): number {
  if (x === 0) return 0;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y)) / a;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * value;
}
