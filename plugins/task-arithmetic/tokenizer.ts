import { calculatorTags } from '../../core/recipe/calculator-tags.js';
import { orzTemplatePieces } from '../../core/recipe/orz-template.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import { createTokenizer } from '../../core/tokenizer/tokenizer.js';

/** One token per character: all that problems, workings and answers are written with. */
const characters = [...'0123456789+=.\n}'];
/** One token each, found before the characters are; where several fit, the longest wins. */
const words = [
  'User:',
  'Human:',
  'Assistant:',
  '<think>',
  '</think>',
  '<answer>',
  '</answer>',
  '\\boxed{',
  'Wait,',
  'Maybe ',
  ...orzTemplatePieces,
];
/** One token each too, in a vocabulary with tools: behind all others, so that those keep their ids. */
const toolWords = [calculatorTags.opening, calculatorTags.closing];
/** Ends a text by convention; the examples end with a stop string instead, so it is never trained. */
const endOfText = '<|endoftext|>';

/** What the vocabulary has besides. */
export interface Vocabulary {
  /** The tags of a call. */
  readonly tools?: boolean;
}

/**
 * The table of the arithmetic task in the form of a `tokenizer.json`, which `@huggingface/tokenizers` as well as
 * Python's `tokenizers` and `transformers` read: a BPE model without merges over single characters, with whole words
 * and the fixed pieces of the ORZ prompt as added tokens. 32 tokens, so no row of the model's table is left over, and
 * the exact prompt of ORZ costs six of them. Every text made of these tokens is encoded exactly; any other character is
 * an error.
 */
export function arithmeticTokenizerDefinition(vocabulary: Vocabulary = {}): object {
  const added = tokensOf(vocabulary)
    .slice(characters.length)
    .map((content, i) => ({
      id: characters.length + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: content === endOfText,
    }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(characters.map((character, id) => [character, id])),
      merges: [],
    },
  };
}

export function createArithmeticTokenizer(vocabulary: Vocabulary = {}): Tokenizer {
  return createTokenizer(arithmeticTokenizerDefinition(vocabulary), {
    endTokens: [endOfText],
    origin: 'tokenizer of the arithmetic task',
  });
}

/** The text of every token by id. */
export const arithmeticTokens: readonly string[] = [...characters, ...words, endOfText];

export const tokensOf = ({ tools = false }: Vocabulary): readonly string[] =>
  tools ? [...arithmeticTokens, ...toolWords] : arithmeticTokens;
