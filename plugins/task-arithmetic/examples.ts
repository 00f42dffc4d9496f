import type { Segment } from '../../core/contracts/data.js';
import type { RandomStream } from '../../core/random.js';
import { noSuchToken } from './errors.js';
import type { ExampleSettings } from './network-settings.js';

export type ExampleKind = 'blurt' | 'self-check' | 'second-guess' | 'bad-format' | 'tool';

/** One example for supervised training. The response is what a sampler would return, with the text that stops it. */
export interface WorkedExample {
  readonly kind: ExampleKind;
  readonly promptTokens: Int32Array;
  readonly responseTokens: Int32Array;
  /** Who wrote them, if not the model alone. */
  readonly segments?: readonly Segment[];
}

/** Endless examples in no order: `at` is pure, for indices below 2^32, and never uses a held-out problem. */
export interface ExampleCorpus<E extends WorkedExample = WorkedExample> {
  at(index: number): E;
}

/** Token texts of a response so far, and the answer that they lead to. */
export interface Thought {
  readonly texts: readonly string[];
  readonly answer: readonly string[];
}

/** What an example is written about. */
export interface Draft {
  /** A new guess at the answer for each purpose. */
  guess(purpose: 'guess' | 'secondGuess'): readonly string[];
  /** The working, from the first term on; `slipAt` is the error of addition `position`: −1, 0 or 1. */
  work(slipAt: (position: number) => number): Thought;
  /** The call of a tool, where the task has one. */
  callTool?(): Thought;
}

/** What one number of an example is for; each purpose has random numbers of its own. */
export const purpose = { kind: 0, guess: 1, secondGuess: 2, slip: 3, worked: 4, style: 5 } as const;

/** The shares of the kinds of examples. */
export interface ExampleShares extends ExampleSettings {
  readonly toolShare: number;
  /** So many examples at the beginning are worked out and end well, before the mixture begins. */
  readonly practiceExamples: number;
}

/**
 * Writes the response of example `index`, as token texts. Every thought starts with a guess, and working it out is
 * reached only through `Wait,`; docs/orz-tiny.md explains why.
 */
export function writeExample(
  index: number,
  draft: Draft,
  shares: ExampleShares,
  random: RandomStream,
): { readonly kind: ExampleKind; readonly texts: readonly string[] } {
  const uniform = (of: number, position = 0): number => random.uniform(index, of, position);
  const writer = new ExampleWriter(draft, shares, uniform);
  const kind = index < shares.practiceExamples ? 'self-check' : drawKind(shares, uniform(purpose.kind));
  return { kind, texts: writer.write(kind) };
}

function drawKind(shares: ExampleShares, u: number): ExampleKind {
  if (u < shares.selfCheckShare) return 'self-check';
  if (u < shares.selfCheckShare + shares.secondGuessShare) return 'second-guess';
  if (u < shares.selfCheckShare + shares.secondGuessShare + shares.badFormatShare) return 'bad-format';
  // From the other end, so that a share of calls changes no example of another kind.
  return u >= 1 - shares.toolShare ? 'tool' : 'blurt';
}

class ExampleWriter {
  readonly #draft: Draft;
  readonly #shares: ExampleShares;
  readonly #uniform: (purpose: number, position?: number) => number;

  constructor(draft: Draft, shares: ExampleShares, uniform: (purpose: number, position?: number) => number) {
    this.#draft = draft;
    this.#shares = shares;
    this.#uniform = uniform;
  }

  write(kind: ExampleKind): readonly string[] {
    const guess = this.#draft.guess('guess');
    const blurted: Thought = { texts: maybe(guess), answer: guess };
    switch (kind) {
      case 'blurt':
        return close(blurted);
      case 'self-check':
        return close(this.#workOut(blurted));
      case 'second-guess':
        return close(this.#guessAgain(blurted));
      case 'tool':
        return close(this.#callTool(blurted));
      case 'bad-format': {
        const worked = this.#uniform(purpose.worked) < this.#shares.badFormatWorkedShare;
        return this.#spoil(worked ? this.#workOut(blurted) : blurted);
      }
    }
  }

  /** Running totals, each off by one with the slip rate. */
  #workOut(start: Thought): Thought {
    const worked = this.#draft.work((position) => slip(this.#shares.slipRate, this.#uniform(purpose.slip, position)));
    return { texts: [...start.texts, 'Wait,', ...worked.texts, '.'], answer: worked.answer };
  }

  #callTool(start: Thought): Thought {
    const called = this.#draft.callTool?.();
    return called ? { texts: [...start.texts, 'Wait,', ...called.texts, '.'], answer: called.answer } : start;
  }

  #guessAgain(start: Thought): Thought {
    const guess = this.#draft.guess('secondGuess');
    return { texts: [...start.texts, 'Wait,', ...maybe(guess)], answer: guess };
  }

  /** Three ways, equally likely, to end so that no answer can be read; two of them run into the next turn. */
  #spoil(thought: Thought): string[] {
    const style = Math.floor(3 * this.#uniform(purpose.style));
    if (style === 0) return [...thought.texts, '</think>', '<answer>', ...thought.answer, '</answer>'];
    if (style === 1) return [...thought.texts, ...boxed(thought.answer), 'User:'];
    return [...this.#guessAgain(thought).texts, 'User:'];
  }
}

const maybe = (guess: readonly string[]): string[] => ['Maybe ', ...guess, '.'];
const boxed = (answer: readonly string[]): string[] => ['\\boxed{', ...answer, '}'];

function close({ texts, answer }: Thought): string[] {
  return [...texts, '</think>', '<answer>', ...boxed(answer), '</answer>'];
}

/** The error of one addition: −1 or 1, each with half the slip rate. */
function slip(slipRate: number, u: number): number {
  if (u >= slipRate) return 0;
  return u < slipRate / 2 ? -1 : 1;
}

/** Looks ids up piece by piece, which equals encoding the text and is many times faster. */
export function encoderOf(tokens: readonly string[], task: string): (texts: readonly string[]) => Int32Array {
  const ids = new Map(tokens.map((text, id) => [text, id]));
  const idOf = (text: string): number => {
    const id = ids.get(text);
    if (id === undefined) throw noSuchToken(text, task);
    return id;
  };
  return (texts) => Int32Array.from(texts, idOf);
}
