import { fstatSync } from 'node:fs';
import type { ModelDescription } from '../../core/contracts/model-source.js';
import type { Template } from '../../core/contracts/problems.js';
import { encodePrompt, stopTokensOf } from '../../core/train/loop/prompt-encoder.js';
import { isUtf16 } from '../../core/text-encoding.js';
import { createChatTemplate } from '../../core/tokenizer/chat-prompt.js';
import { emptyPrompt, noPrompt, notText } from './errors.js';
import type { PromptForm } from './options.js';

/**
 * The prompt of the command line: the argument, or standard input for `-` and where something is piped in. Throws
 * ORZ_USAGE if there is neither.
 */
export async function readPrompt(argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  if (argument === undefined && !isPiped()) throw noPrompt();
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (isUtf16(bytes)) throw notText('UTF-16');
  try {
    // The line break with which a shell ends its output is no part of the prompt.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw notText(undefined, cause);
  }
}

/** A file or a pipe; a terminal or the null device would wait, or say nothing. */
function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile();
  } catch {
    return false; // Closed.
  }
}

const unchanged: Template = { name: 'raw', render: ({ prompt }) => prompt, stop: [] };

/** A prompt as the model gets it. */
export interface RenderedPrompt {
  readonly text: string;
  readonly tokens: Int32Array;
  /** Texts that end a response in this form. */
  readonly stop: readonly string[];
  /** Ids of tokens that end a response in this form, those of the model among them. */
  readonly stopTokens: readonly number[];
}

/**
 * Puts the prompt into its form and encodes it. Throws ORZ_TOKENIZER, or ORZ_USAGE for a prompt without a token.
 */
export function renderPrompt(
  prompt: string,
  form: PromptForm,
  model: ModelDescription,
  template: Template,
): RenderedPrompt {
  const chosen = templateOf(form, template);
  const problem = { id: 'prompt', prompt, answer: '' };
  const tokens = encodePrompt(model, chosen, problem);
  if (tokens.length === 0) throw emptyPrompt();
  return {
    text: chosen.render(problem, model),
    tokens,
    stop: chosen.stop,
    stopTokens: stopTokensOf(model, chosen),
  };
}

function templateOf(form: PromptForm, ofRun: Template): Template {
  if (form.kind === 'chat') return createChatTemplate(form);
  return form.kind === 'raw' ? unchanged : ofRun;
}
