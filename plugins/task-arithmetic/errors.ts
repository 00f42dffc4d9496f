import { OrzError } from '../../core/errors.js';

/** An index outside a set of problems. */
export const noSuchProblem = (set: string, index: number, length: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `No problem of the set "${set}" has index ${index}`, {
    value: index,
    allowed: `0 to ${length - 1}`,
    origin: `arithmetic/${set}`,
    remedy: 'Ask for indices below the length of the set.',
  });

/** A piece of text that is not one token of the arithmetic tokenizer. */
export const noSuchToken = (text: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `"${text}" is not a token of the arithmetic task`, {
    value: text,
    origin: 'tokenizer of the arithmetic task',
    remedy: 'Write examples with the tokens of the task only.',
  });
