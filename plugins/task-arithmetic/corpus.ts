import { calculatorTags } from '../../core/recipe/calculator-tags.js';
import { orzTemplatePieces } from '../../core/recipe/orz-template.js';
import type { Segment } from '../../core/contracts/data.js';
import type { Random } from '../../core/random.js';
import { drawAddends, sumOf } from './problems.js';
import { noSuchToken } from './errors.js';
import type { CorpusSettings } from './settings.js';
import { tokensOf } from './tokenizer.js';

export type ExampleKind = 'blurt' | 'self-check' | 'second-guess' | 'bad-format' | 'tool';

/** One example for supervised training. The response is what a sampler would return, with the text that stops it. */
export interface WorkedExample {
  readonly kind: ExampleKind;
  readonly addends: readonly number[];
  readonly promptTokens: Int32Array;
  readonly responseTokens: Int32Array;
  /** Who wrote them, if not the model alone. */
  readonly segments?: readonly Segment[];
}

/** Endless examples in no order: `at` is pure, for indices below 2^32, and never uses a held-out problem. */
export interface ArithmeticCorpus {
  at(index: number): WorkedExample;
}

/** Largest guess or running total that is written: two digits. */
const largestNumber = 99;

/** What one number of an example is for; each purpose has random numbers of its own. */
const purpose = { kind: 0, guess: 1, secondGuess: 2, slip: 3, worked: 4, style: 5 } as const;

/** An example in the making: its random numbers, and the response as token texts. */
interface Draft {
  readonly addends: readonly number[];
  uniform(purpose: number, position?: number): number;
  /** Normal around the sum. */
  guess(purpose: number): string[];
}

/**
 * Examples for a base model that can add but seldom does. Every thought starts with a guess, and working it out is
 * reached only through `Wait,`; docs/orz-tiny.md explains why. Ids are looked up piece by piece,
 * which equals encoding the text and is many times faster.
 */
export function createArithmeticCorpus(settings: CorpusSettings, random: Random): ArithmeticCorpus {
  const problems = random.stream('arithmetic/corpus/problems');
  const responses = random.stream('arithmetic/corpus/responses');
  const ids = new Map(tokensOf({ tools: settings.toolShare > 0 }).map((text, id) => [text, id]));
  const idOf = (text: string): number => {
    const id = ids.get(text);
    if (id === undefined) throw noSuchToken(text);
    return id;
  };
  const encode = (texts: readonly string[]): Int32Array => Int32Array.from(texts, idOf);
  const beforeProblem = orzTemplatePieces.slice(0, -1);
  const afterProblem = orzTemplatePieces.slice(-1);
  return {
    at(index) {
      const addends = drawAddends(problems, settings, index, false);
      const draft: Draft = {
        addends,
        uniform: (of, position = 0) => responses.uniform(index, of, position),
        guess: (of) => digits(sumOf(addends) * (1 + settings.guessSpread * responses.normalPair(index, of)[0])),
      };
      const kind = drawKind(settings, draft.uniform(purpose.kind));
      const response = writeResponse(kind, settings, draft);
      return {
        kind,
        addends,
        promptTokens: encode([...beforeProblem, ...addends.join('+'), ...afterProblem]),
        responseTokens: encode(response),
        ...(kind === 'tool' && { segments: turnsOf(response) }),
      };
    },
  };
}

function drawKind(settings: CorpusSettings, u: number): ExampleKind {
  if (u < settings.selfCheckShare) return 'self-check';
  if (u < settings.selfCheckShare + settings.secondGuessShare) return 'second-guess';
  if (u < settings.selfCheckShare + settings.secondGuessShare + settings.badFormatShare) return 'bad-format';
  // From the other end, so that a share of calls changes no example of another kind.
  return u >= 1 - settings.toolShare ? 'tool' : 'blurt';
}

function writeResponse(kind: ExampleKind, settings: CorpusSettings, draft: Draft): string[] {
  const guess = draft.guess(purpose.guess);
  const blurted: Thought = { texts: maybe(guess), answer: guess };
  switch (kind) {
    case 'blurt':
      return close(blurted);
    case 'self-check':
      return close(workOut(blurted, settings, draft));
    case 'second-guess':
      return close(guessAgain(blurted, draft));
    case 'tool':
      return close(callTool(blurted, draft));
    case 'bad-format': {
      const worked = draft.uniform(purpose.worked) < settings.badFormatWorkedShare;
      return spoil(worked ? workOut(blurted, settings, draft) : blurted, draft);
    }
  }
}

interface Thought {
  readonly texts: readonly string[];
  readonly answer: readonly string[];
}

const digits = (value: number): string[] => [...String(Math.min(largestNumber, Math.max(1, Math.round(value))))];
const maybe = (guess: readonly string[]): string[] => ['Maybe ', ...guess, '.'];
const boxed = (answer: readonly string[]): string[] => ['\\boxed{', ...answer, '}'];

function close({ texts, answer }: Thought): string[] {
  return [...texts, '</think>', '<answer>', ...boxed(answer), '</answer>'];
}

/** `Wait,4+1=5+8=13.`: the sum as running totals, each off by one with the slip rate. */
function workOut(start: Thought, settings: CorpusSettings, draft: Draft): Thought {
  const [first = 0, ...rest] = draft.addends;
  const texts = [...start.texts, 'Wait,', String(first)];
  let total = first;
  for (const [i, addend] of rest.entries()) {
    total += addend + slip(settings.slipRate, draft.uniform(purpose.slip, i));
    texts.push('+', String(addend), '=', ...digits(total));
  }
  return { texts: [...texts, '.'], answer: digits(total) };
}

/** `Wait,<calc>4+1+8</calc>13.`: the call, what the calculator answers, and the end of the thought. */
function callTool(start: Thought, { addends }: Draft): Thought {
  const answer = digits(sumOf(addends));
  const { opening, closing } = calculatorTags;
  const texts = [...start.texts, 'Wait,', opening, ...addends.join('+'), closing, ...answer, '.'];
  return { texts, answer };
}

/** The calculator writes what stands between the end of the call and the full stop. */
function turnsOf(response: readonly string[]): Segment[] {
  const start = response.indexOf(calculatorTags.closing) + 1;
  const end = response.indexOf('.', start);
  return [
    { source: 'policy', length: start },
    { source: 'environment', length: end - start },
    { source: 'policy', length: response.length - end },
  ];
}

/** The error of one addition: −1 or 1, each with half the slip rate. */
function slip(slipRate: number, u: number): number {
  if (u >= slipRate) return 0;
  return u < slipRate / 2 ? -1 : 1;
}

function guessAgain(start: Thought, draft: Draft): Thought {
  const guess = draft.guess(purpose.secondGuess);
  return { texts: [...start.texts, 'Wait,', ...maybe(guess)], answer: guess };
}

/** Three ways, equally likely, to end so that no answer can be read; two of them run into the next turn. */
function spoil(thought: Thought, draft: Draft): string[] {
  const style = Math.floor(3 * draft.uniform(purpose.style));
  if (style === 0) return [...thought.texts, '</think>', '<answer>', ...thought.answer, '</answer>'];
  if (style === 1) return [...thought.texts, ...boxed(thought.answer), 'User:'];
  return [...guessAgain(thought, draft).texts, 'User:'];
}
