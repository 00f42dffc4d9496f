import type { Problem } from '../../../core/contracts/data.js';
import type { Template } from '../../../core/contracts/problems.js';

/** How a question is put to the server. */
export type ServedPrompt =
  /** As text that the model continues. */
  | { readonly api: 'completions'; readonly template: Template }
  /** As messages; the server has the model's chat template. */
  | { readonly api: 'chat'; readonly system: string | undefined; readonly instruction: string };

export interface Message {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/** What a request says of the prompt, as JSON. */
export type PromptBody = { readonly prompt: string } | { readonly messages: readonly Message[] };

export function promptBody(prompt: ServedPrompt, problem: Problem): PromptBody {
  if (prompt.api === 'completions') return { prompt: prompt.template.render(problem, {}) };
  const { system, instruction } = prompt;
  const user: Message = { role: 'user', content: problem.prompt + (instruction === '' ? '' : `\n${instruction}`) };
  return { messages: system === undefined ? [user] : [{ role: 'system', content: system }, user] };
}

/** For people to read. */
export function shownPrompt(body: PromptBody): string {
  if ('prompt' in body) return body.prompt;
  return body.messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
}

/** What is recorded. */
export function describePrompt(prompt: ServedPrompt): Readonly<Record<string, unknown>> {
  if (prompt.api === 'completions') return { api: prompt.api, template: prompt.template.name };
  const { api, system, instruction } = prompt;
  return { api, ...(system !== undefined && { system }), instruction };
}
