import { statisticsInputError } from './errors.js';
import { incompleteBeta } from './incomplete-beta.js';

/** P(T > t) for Student's t with `degrees` degrees of freedom and t ≥ 0 (Abramowitz and Stegun 26.7.1). */
export function studentTail(t: number, degrees: number): number {
  const square = t * t;
  const near = square / (degrees + square);
  const far = degrees / (degrees + square);
  return incompleteBeta(far, near, degrees / 2, 0.5) / 2;
}

/** The t that Student's distribution exceeds with probability `tail`, in (0, 0.5). */
export function studentQuantile(tail: number, degrees: number): number {
  if (!(tail > 0 && tail < 0.5 && degrees >= 1)) throw statisticsInputError('No such t quantile', { tail, degrees });
  if (tail !== last.tail || degrees !== last.degrees) last = { tail, degrees, t: bisected(tail, degrees) };
  return last.t;
}

/** A curve with a band asks for the same quantile at each of its points. */
let last = { tail: 0, degrees: 0, t: 0 };

function bisected(tail: number, degrees: number): number {
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
