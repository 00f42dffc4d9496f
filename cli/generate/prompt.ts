import { fstatSync } from 'node:fs';
import type { ModelDescription } from '../../core/contracts/model-source.js';
import type { Template } from '../../core/contracts/problems.js';
import { OrzError } from '../../core/errors.js';
import { renderChat, type ChatMessage } from '../../core/tokenizer/chat-template.js';
import type { PromptForm } from './options.js';

/** The prompt of the command line: the argument, or standard input for `-` and where something is piped in. Throws ORZ_USAGE if there is neither. */
export async function readPrompt(argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  if (argument === undefined && !isPiped()) {
    throw new OrzError('ORZ_USAGE', 'generate needs a prompt', {
      origin: 'command line',
      allowed: 'a text, or - to read it from standard input',
      remedy: 'For example: orz-train generate "3+4+5". See: orz-train generate --help',
    });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) chunks.push(chunk);
  try {
    // The line break with which a shell ends its output is no part of the prompt.
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new OrzError('ORZ_USAGE', 'What comes on standard input is not UTF-8 text', {
      origin: 'standard input',
      remedy: 'Convert it first, for example with iconv -t UTF-8.',
      cause,
    });
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

/** A prompt as the model gets it. */
export interface RenderedPrompt {
  readonly text: string;
  readonly tokens: Int32Array;
  /** Texts that end a response in this form. */
  readonly stop: readonly string[];
}

/** Puts the prompt into its form and encodes it. A chat template holds the begin token itself; every other form gets it in front. Throws ORZ_TOKENIZER, or ORZ_USAGE for a prompt without a token. */
export function renderPrompt(
  prompt: string,
  form: PromptForm,
  model: ModelDescription,
  template: Template,
): RenderedPrompt {
  const { tokenizer } = model;
  if (form.kind === 'chat') {
    const system: ChatMessage[] = form.system === undefined ? [] : [{ role: 'system', content: form.system }];
    const text = renderChat(model, [...system, { role: 'user', content: prompt }]);
    return { text, tokens: tokenizer.encode(text), stop: [] };
  }
  const text = form.kind === 'raw' ? prompt : template.render({ id: 'prompt', prompt, answer: '' });
  const encoded = tokenizer.encode(text);
  const tokens = tokenizer.bosToken === undefined ? encoded : Int32Array.of(tokenizer.bosToken, ...encoded);
  if (tokens.length > 0) return { text, tokens, stop: form.kind === 'raw' ? [] : template.stop };
  throw new OrzError('ORZ_USAGE', 'The prompt is empty, and this model has no token to begin with', {
    origin: 'command line',
    remedy: 'Give at least one character.',
  });
}
