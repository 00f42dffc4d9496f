import type { Problem } from '../contracts/data.js';

/** Measures prompts as the model will see them. */
export interface PromptMeter {
  /** Tokens of a problem's prompt, template included. */
  count(problem: Problem): number;
  /** Whether the prompt certainly has at most `limit` tokens, found without tokenising; false says nothing. */
  isSurelyWithin(problem: Problem, limit: number): boolean;
}

/** Tokens that some tokenizers put before a text: a begin token and a mark. */
const maxAdded = 2;
/**
 * Maximum number of UTF-8 bytes that one UTF-16 unit becomes under any Unicode normalisation (U+FDFA under NFKC); a
 * token stands for at least one of them.
 */
const maxBytes = 33;

/** A meter for a tokenizer under a template: `render` makes the text of a prompt, `tokenize` its tokens. */
export function createPromptMeter(
  render: (problem: Problem) => string,
  tokenize: (problem: Problem) => ArrayLike<number>,
): PromptMeter {
  return {
    count: (problem) => tokenize(problem).length,
    isSurelyWithin: (problem, limit) => {
      const text = render(problem);
      // eslint-disable-next-line no-control-regex -- ASCII begins at 0
      const others = text.length > limit ? 0 : (text.match(/[^\x00-\x7f]/g)?.length ?? 0);
      return text.length + others * (maxBytes - 1) + maxAdded <= limit;
    },
  };
}
