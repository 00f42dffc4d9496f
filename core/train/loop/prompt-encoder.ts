import { inject, injectable } from '../../container/inject.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { Problem } from '../../contracts/data.js';
import type { ModelDescription } from '../../contracts/model-source.js';
import type { PromptModel, Template } from '../../contracts/problems.js';
import type { Tokenizer } from '../../contracts/tokenizer.js';
import { isOrzError } from '../../errors.js';
import { promptNotTokenizable, promptTooLong } from './errors.js';
import { runTokens } from './run-tokens.js';

/** Problems to prompts: the text of the template as token ids, and what ends a response to it. */
@injectable()
export class PromptEncoder {
  constructor(
    @inject(runTokens.baseModel.symbol) private readonly model: PromptModel & Pick<ModelDescription, 'config'>,
    @inject(contractTokens.template.symbol) private readonly template: Template,
  ) {}

  /** Of the model, which may know more tokens than its tokenizer. */
  get vocabSize(): number {
    return this.model.config.vocabSize;
  }

  get tokenizer(): Tokenizer {
    return this.model.tokenizer;
  }

  get stop(): readonly string[] {
    return this.template.stop;
  }

  get stopTokens(): readonly number[] {
    return stopTokensOf(this.model, this.template);
  }

  /** The prompt of a problem. Throws ORZ_PROMPT_TOO_LONG beyond `maxTokens`; a prompt is never cut. */
  encode(problem: Problem, maxTokens: number): Int32Array {
    const tokens = encodePrompt(this.model, this.template, problem);
    if (tokens.length > maxTokens) throw promptTooLong(problem, tokens.length, maxTokens);
    return tokens;
  }
}

/** Ids of the tokens that end a response: those of the model, and those of the template. */
export const stopTokensOf = (model: PromptModel, template: Template): readonly number[] => [
  ...new Set([...model.tokenizer.endTokens, ...(template.stopTokens?.(model) ?? [])]),
];

/**
 * The prompt of a problem as token ids. The begin token, if the tokenizer has one, comes first and once: put there here
 * unless the template's text includes it.
 */
export function encodePrompt(model: PromptModel, template: Template, problem: Problem): Int32Array {
  const { tokenizer } = model;
  const tokens = encodeText(tokenizer, template.render(problem, model), problem);
  const isComplete = tokenizer.bosToken === undefined || template.includesBeginToken === true;
  return isComplete ? tokens : Int32Array.of(tokenizer.bosToken, ...tokens);
}

function encodeText(tokenizer: Tokenizer, text: string, problem: Problem): Int32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!isOrzError(error)) throw error;
    throw promptNotTokenizable(problem, error);
  }
}
