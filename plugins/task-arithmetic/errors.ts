import { OrzError } from '../../core/errors.js';

/** An index outside a set of problems, named with its task: `arithmetic/held-out`. */
export const noSuchProblem = (set: string, index: number, length: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `No problem of the set "${set}" has index ${index}`, {
    value: index,
    allowed: `0 to ${length - 1}`,
    origin: set,
    remedy: 'Ask for indices below the length of the set.',
  });

/** A piece of text that is not one token of the tokenizer of a task. */
export const noSuchToken = (text: string, task: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `"${text}" is not a token of the ${task} task`, {
    value: text,
    origin: `tokenizer of the ${task} task`,
    remedy: 'Write examples with the tokens of the task only.',
  });
