import { orzTemplatePieces } from '../../core/recipe/orz-template.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import { createTokenizer } from '../../core/tokenizer/tokenizer.js';

/** One token each, found before the characters are; where several fit, the longest wins. */
export const answerWords: readonly string[] = [
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
/** Ends a text by convention; the examples end with a stop string instead, so it is never trained. */
export const endOfText = '<|endoftext|>';

/** Characters with the ids from 0 on, then whole words. */
export interface WordVocabulary {
  readonly characters: readonly string[];
  readonly words: readonly string[];
}

/**
 * The table of a small task in the form of a `tokenizer.json`, which `@huggingface/tokenizers` as well as Python's
 * `tokenizers` and `transformers` read: a BPE model without merges over single characters, with whole words as added
 * tokens. Every text made of these tokens is encoded exactly; any other character is an error.
 */
export function wordTokenizerDefinition({ characters, words }: WordVocabulary): object {
  const added = words.map((content, i) => ({
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

/** `task` names the tokenizer in errors. */
export const createWordTokenizer = (vocabulary: WordVocabulary, task: string): Tokenizer =>
  createTokenizer(wordTokenizerDefinition(vocabulary), {
    endTokens: [endOfText],
    origin: `tokenizer of the ${task} task`,
  });
