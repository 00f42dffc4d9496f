import type { Problem } from '../contracts/data.js';
import type { Template } from '../contracts/problems.js';

/** Measures prompts as the model will see them. */
export interface PromptMeter {
  /** Tokens of a problem's prompt, template included. */
  count(problem: Problem): number;
  /** Whether the prompt cannot have more tokens than `limit`, found without tokenising; false says nothing. */
  isSurelyWithin(problem: Problem, limit: number): boolean;
}

/** A begin token, and a mark that some tokenizers put before a text. */
const mostAdded = 2;

/** A meter for a tokenizer under a template; `tokenize` is how prompts are tokenised. */
export function createPromptMeter(template: Template, tokenize: (problem: Problem) => ArrayLike<number>): PromptMeter {
  return {
    count: (problem) => tokenize(problem).length,
    // A token stands for at least one character. Only of plain ASCII is it sure that a tokenizer makes no more characters of it first.
    isSurelyWithin: (problem, limit) => {
      const text = template.render(problem);
      // eslint-disable-next-line no-control-regex -- ASCII begins at 0
      return text.length + mostAdded <= limit && /^[\x00-\x7f]*$/.test(text);
    },
  };
}
