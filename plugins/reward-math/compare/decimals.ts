import { some, type Expression } from '../expression.js';

/** Whether any number in it is written with a decimal point, so that the value may be rounded. */
export function isDecimal(e: Expression): boolean {
  return some(e, (part) => part.kind === 'number' && part.decimal);
}
