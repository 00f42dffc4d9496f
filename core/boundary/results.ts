import { attributing, type CallContext, type Contract, type Method } from './guard.js';
import { refuse, type Shape } from './shapes.js';

/** Common results of methods. */

type Result = Method['result'];

export const nothing: Result = () => undefined;

/** A result of one shape. */
export const shaped =
  (shape: Shape): Result =>
  (value) =>
    shape(value, '');

/** A result whose shape depends on the arguments. */
export const shapedBy =
  (shape: (args: readonly unknown[], context: CallContext) => Shape): Result =>
  (value, context) =>
    shape(context.args, context)(value, '');

/** A result that is a part of its own. */
export const nestedPart =
  (contract: Contract): Result =>
  (value, { nested }) =>
    nested(contract, value, '');

/** A method that must return at once. */
export const sync = (result: Result, options: Omit<Method, 'patience' | 'result'> = {}): Method => ({
  ...options,
  patience: 'none',
  result,
});

/** A method that the run waits for between its steps. */
export const hook = (result: Result, options: Omit<Method, 'patience' | 'result'> = {}): Method => ({
  ...options,
  patience: 'hook',
  result,
});

/** A method that may take as long as it gets on. */
export const work = (result: Result, options: Omit<Method, 'patience' | 'result'> = {}): Method => ({
  ...options,
  patience: 'work',
  result,
});

/** Checks each element as it comes; each has its time. The result can be iterated once, with `for await`. */
export const elements =
  (shape: Shape): Result =>
  (value, context) => {
    const source = value as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown } | null | undefined;
    if (typeof source?.[Symbol.asyncIterator] === 'function') {
      return iterate((value as AsyncIterable<unknown>)[Symbol.asyncIterator](), shape, context);
    }
    if (typeof source?.[Symbol.iterator] === 'function')
      return iterate((value as Iterable<unknown>)[Symbol.iterator](), shape, context);
    return refuse('', value, 'something to iterate over');
  };

async function* iterate(
  source: Iterator<unknown> | AsyncIterator<unknown>,
  shape: Shape,
  { site, calls }: CallContext,
): AsyncGenerator {
  let finished = false;
  try {
    for (let i = 0; ; i++) {
      const step = await attributing(site, () =>
        calls.wait(
          site,
          'work',
          calls.run(site, () => source.next()),
        ),
      );
      if (step.done === true) {
        finished = true;
        return;
      }
      yield await attributing(site, () => shape(step.value, `[${i}]`));
    }
  } finally {
    if (!finished) await source.return?.();
  }
}
