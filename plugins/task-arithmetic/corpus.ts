import { calculatorTags } from '../../core/recipe/calculator-tags.js';
import { orzTemplatePieces } from '../../core/recipe/orz-template.js';
import type { Segment } from '../../core/contracts/data.js';
import type { Random } from '../../core/random.js';
import { encoderOf, purpose, writeExample, type Draft, type ExampleCorpus, type Thought } from './examples.js';
import type { WorkedExample } from './examples.js';
import { drawAddends, largest, sumOf } from './problems.js';
import type { CorpusSettings } from './settings.js';
import { tokensOf } from './tokenizer.js';

export interface SumExample extends WorkedExample {
  readonly addends: readonly number[];
}

/** Largest guess or running total that is written: two digits. */
const largestNumber = 99;

/** Examples for a base model that can add but seldom does. */
export function createArithmeticCorpus(settings: CorpusSettings, random: Random): ExampleCorpus<SumExample> {
  const problems = random.stream('arithmetic/corpus/problems');
  const responses = random.stream('arithmetic/corpus/responses');
  const encode = encoderOf(tokensOf({ tools: settings.toolShare > 0 }), 'arithmetic');
  const beforeProblem = orzTemplatePieces.slice(0, -1);
  const afterProblem = orzTemplatePieces.slice(-1);
  return {
    at(index) {
      const addends = drawAddends(problems, { ...settings, largest }, index, false);
      const guess: Draft['guess'] = (of) =>
        digits(sumOf(addends) * (1 + settings.guessSpread * responses.normalPair(index, purpose[of])[0]));
      const draft: Draft = { guess, work: (slipAt) => addUp(addends, slipAt), callTool: () => callTool(addends) };
      const { kind, texts } = writeExample(index, draft, { ...settings, practiceExamples: 0 }, responses);
      return {
        kind,
        addends,
        promptTokens: encode([...beforeProblem, ...addends.join('+'), ...afterProblem]),
        responseTokens: encode(texts),
        ...(kind === 'tool' && { segments: turnsOf(texts) }),
      };
    },
  };
}

const digits = (value: number): string[] => [...String(Math.min(largestNumber, Math.max(1, Math.round(value))))];

/** `4+1=5+8=13`: the sum as running totals. */
function addUp(addends: readonly number[], slipAt: (position: number) => number): Thought {
  const [first = 0, ...rest] = addends;
  const texts = [String(first)];
  let total = first;
  for (const [i, addend] of rest.entries()) {
    total += addend + slipAt(i);
    texts.push('+', String(addend), '=', ...digits(total));
  }
  return { texts, answer: digits(total) };
}

/** `<calc>4+1+8</calc>13`: the call, and what the calculator answers. */
function callTool(addends: readonly number[]): Thought {
  const answer = digits(sumOf(addends));
  const { opening, closing } = calculatorTags;
  return { texts: [opening, ...addends.join('+'), closing, ...answer], answer };
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
