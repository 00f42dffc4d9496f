import { children, type Expression } from '../expression.js';
import type { Context } from './context.js';
import { infinitySign } from './regions/infinity.js';

/** Arithmetic with lists, relations, matrices or infinity, a division by zero, and 0^0 give no value. */
export function isMeaningless(e: Expression, context: Context): boolean {
  if (e.kind === 'big' || infinitySign(e) !== undefined) return false;
  const parts = children(e);
  if (['sum', 'product', 'power', 'call'].includes(e.kind)) {
    if (parts.some((part) => valueless.has(part.kind) && !(e.kind === 'call' && acceptsLists(e.name)))) return true;
    if (parts.some((part) => infinitySign(part) !== undefined)) return true;
  }
  return (
    (e.kind === 'power' && isUndefinedPower(e.base, e.exponent, context)) ||
    parts.some((part) => isMeaningless(part, context))
  );
}

const valueless = new Set(['list', 'relation', 'matrix', 'setOperation', 'builder']);

function acceptsLists(name: string): boolean {
  return !['percent', 'degree', 'factorial', 'conjugate', 'exp', 'ln'].includes(name);
}

function isUndefinedPower(base: Expression, exponent: Expression, context: Context): boolean {
  if (context.canonicaliser.exact(base)?.n !== 0n) return false;
  const power = context.canonicaliser.exact(exponent);
  return power !== undefined && power.n <= 0n;
}
