import type { Expression } from '../../expression.js';

/** 1 for ∞, -1 for -∞, undefined for anything finite. */
export function infinitySign(e: Expression): 1 | -1 | undefined {
  if (e.kind === 'constant' && e.name === '∞') return 1;
  if (e.kind !== 'product' || e.factors.length !== 2) return undefined;
  const [sign, value] = e.factors;
  const negative = sign?.kind === 'number' && sign.value.n < 0n;
  return negative && value?.kind === 'constant' && value.name === '∞' ? -1 : undefined;
}
