import { orzTemplatePieces } from '../../../core/recipe/orz-template.js';
import type { Random } from '../../../core/random.js';
import { encoderOf, purpose, writeExample, type Draft, type ExampleCorpus, type Thought } from '../examples.js';
import type { ChainCorpusSettings } from './settings.js';
import { drawTerms, textsOf, type Term } from './terms.js';
import { chainTokens } from './tokenizer.js';

/** Examples for a base model that can add up a long chain but seldom does. A guess is right one time in ten. */
export function createChainCorpus(settings: ChainCorpusSettings, random: Random): ExampleCorpus {
  const draw = {
    numbers: random.stream('chain/corpus/problems'),
    labels: random.stream('chain/corpus/labels'),
    range: settings,
    capitalShare: settings.capitalShare,
    heldOut: false,
  };
  // Short chains show what is to be done with the long ones.
  const practice = { ...draw, range: { ...draw.range, minTerms: 2 } };
  const responses = random.stream('chain/corpus/responses');
  const encode = encoderOf(chainTokens, 'chain');
  const shares = { ...settings, toolShare: 0 };
  const beforeProblem = orzTemplatePieces.slice(0, -1);
  const afterProblem = orzTemplatePieces.slice(-1);
  return {
    at(index) {
      const terms = drawTerms(index < settings.practiceExamples ? practice : draw, index);
      const guess: Draft['guess'] = (of) => [String(responses.integer(10, index, purpose[of]))];
      const draft: Draft = { guess, work: (slipAt) => addUp(terms, slipAt) };
      const { kind, texts } = writeExample(index, draft, shares, responses);
      return {
        kind,
        promptTokens: encode([...beforeProblem, ...textsOf(terms), ...afterProblem]),
        responseTokens: encode(texts),
      };
    },
  };
}

/** `x3+0=3y5+3=8z9+8=7`: each step names its term, so that finding the next one is easy. */
function addUp(terms: readonly Term[], slipAt: (position: number) => number): Thought {
  const texts: string[] = [];
  let total = 0;
  for (const [i, { label, addend }] of terms.entries()) {
    const next = (total + addend + slipAt(i) + 10) % 10;
    texts.push(label, String(addend), '+', String(total), '=', String(next));
    total = next;
  }
  return { texts, answer: [String(total)] };
}
