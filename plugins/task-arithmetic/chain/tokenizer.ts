import type { Tokenizer } from '../../../core/contracts/tokenizer.js';
import { answerWords, createWordTokenizer, endOfText } from '../word-tokenizer.js';
import { capitalLabels, smallLabels } from './terms.js';

const characters = [...'0123456789+=.\n}', ...smallLabels, ...capitalLabels];
const words = [...answerWords, endOfText];

export const createChainTokenizer = (): Tokenizer => createWordTokenizer({ characters, words }, 'chain');

/** The text of every token by id. */
export const chainTokens: readonly string[] = [...characters, ...words];
