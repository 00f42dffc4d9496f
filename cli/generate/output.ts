import colors from 'picocolors';
import type { Completion, SamplingSettings } from '../../core/contracts/sampler.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import { createTextStream } from '../../core/tokenizer/stream.js';
import { printable } from '../terminal/format.js';
import type { RenderedPrompt } from './prompt.js';

/** What ends a response. */
type StopRules = Pick<SamplingSettings, 'stop' | 'stopTokens'>;

/** Completions as JSON data; every number as it was sampled. */
export function completionsJson(prompt: RenderedPrompt, completions: readonly Completion[]): string {
  const promptTokens = [...prompt.tokens];
  const data = completions.map(({ text, stopReason, tokens, logprobs }) => ({
    prompt: prompt.text,
    promptTokens,
    text,
    stopReason,
    tokens: [...tokens],
    logprobs: [...logprobs],
  }));
  return `${JSON.stringify(data, null, 2)}\n`;
}

/** The line below a response: its length, and whether it was cut. */
export function completionNote({ stopReason, tokens }: Completion): string {
  const cut = stopReason === 'length' ? ', cut at the limit' : '';
  return colors.dim(`(${tokens.length} tokens${cut})`);
}

/** The text of a completion without the token that ended it. */
export function responseText({ text, tokens }: Completion, tokenizer: Tokenizer, { stopTokens }: StopRules): string {
  const last = tokens.at(-1);
  const ending = last !== undefined && stopTokens.includes(last) ? tokenizer.decode([last]) : '';
  return ending !== '' && text.endsWith(ending) ? text.slice(0, -ending.length) : text;
}

/** The same for a terminal. */
export const completionText = (completion: Completion, tokenizer: Tokenizer, rules: StopRules): string =>
  printable(responseText(completion, tokenizer, rules));

/**
 * Writes one response while it is sampled: whole characters, control characters escaped, up to and including a stop
 * string.
 */
export function createTokenPrinter(
  tokenizer: Tokenizer,
  { stop, stopTokens }: StopRules,
  write: (text: string) => void,
): { push(token: number): void; end(): void } {
  const stream = createTextStream(tokenizer, stop);
  let stopped = false;
  const show = (piece: { readonly text: string; readonly stopped?: string }): void => {
    stopped ||= piece.stopped !== undefined;
    if (piece.text !== '') write(printable(piece.text));
  };
  return {
    push: (token) => {
      if (!stopped && !stopTokens.includes(token)) show(stream.push(token));
    },
    end: () => {
      if (!stopped) show(stream.finish());
    },
  };
}
