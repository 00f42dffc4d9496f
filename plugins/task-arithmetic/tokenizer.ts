import { calculatorTags } from '../../core/recipe/calculator-tags.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import {
  answerWords,
  createWordTokenizer,
  endOfText,
  wordTokenizerDefinition,
  type WordVocabulary,
} from './word-tokenizer.js';

/** All that problems, workings and answers are written with. */
const characters = [...'0123456789+=.\n}'];
/** One token each too, in a vocabulary with tools: behind all others, so that those keep their ids. */
const toolWords = [calculatorTags.opening, calculatorTags.closing];

/** What the vocabulary has besides. */
export interface Vocabulary {
  /** The tags of a call. */
  readonly tools?: boolean;
}

const vocabularyOf = ({ tools = false }: Vocabulary): WordVocabulary => ({
  characters,
  words: [...answerWords, endOfText, ...(tools ? toolWords : [])],
});

/**
 * 32 tokens, so no row of the model's table is left over, and the exact prompt of ORZ costs six of them.
 *
 * @see wordTokenizerDefinition
 */
export const arithmeticTokenizerDefinition = (vocabulary: Vocabulary = {}): object =>
  wordTokenizerDefinition(vocabularyOf(vocabulary));

export const createArithmeticTokenizer = (vocabulary: Vocabulary = {}): Tokenizer =>
  createWordTokenizer(vocabularyOf(vocabulary), 'arithmetic');

/** The text of every token by id. */
export const tokensOf = (vocabulary: Vocabulary): readonly string[] => {
  const { characters: single, words } = vocabularyOf(vocabulary);
  return [...single, ...words];
};

/** The text of every token by id, without tools. */
export const arithmeticTokens: readonly string[] = tokensOf({});
