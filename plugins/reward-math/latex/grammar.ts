import type { Expression } from '../expression.js';
import type { Cursor } from './cursor.js';

/** What the rules of the grammar call of each other. */
export interface Grammar {
  readonly cursor: Cursor;
  /** Items between commas, groups of items between semicolons. A single item is itself. */
  list(): Expression;
  relation(): Expression;
  sum(): Expression;
  product(): Expression;
  /** A factor that may carry signs. */
  signed(): Expression;
  /** One factor with its suffixes: power, factorial, percent, degree, unit. */
  factor(): Expression;
  /** A factor without suffixes. */
  primary(): Expression;
  /** What stands in braces, or the single token instead of it. */
  group(): Expression;
  bracket(): Expression;
  /** Whether an item of a list can begin here. */
  startsItem(): boolean;
  /** Whether the next token can be multiplied to what came before without a sign. */
  startsFactor(): boolean;
}
