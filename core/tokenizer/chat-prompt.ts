import * as z from 'zod';
import type { PromptModel, Template } from '../contracts/problems.js';
import { renderChat, type ChatMessage } from './chat-template.js';
import { messageLeftOut } from './errors.js';

/** How a question is put to a chat model. */
export interface ChatForm {
  /** Message of the system; if absent, what the model's template does without one. */
  readonly system?: string | undefined;
  /** Text that follows the question in the message of the user. */
  readonly suffix?: string;
  /** Text that begins the answer; part of the prompt. */
  readonly prefill?: string;
  /** Variables of the model's template, for example `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * The problem as a message of the user, in the chat template that came with the model. A response ends with an end
 * token of the model or with the token that ends a turn in its template. Rendering throws ORZ_TOKENIZER as
 * {@link renderChat} does, and for a chat template that leaves out a message.
 */
export function createChatTemplate({ system, suffix = '', prefill = '', variables = {} }: ChatForm): Template {
  const before: readonly ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    name: 'chat',
    render: ({ prompt }, model) => {
      const messages: readonly ChatMessage[] = [...before, { role: 'user', content: prompt + suffix }];
      const rendered = renderChat(model, messages, { variables });
      for (const { role, content } of messages.toReversed())
        // Many templates trim messages.
        if (!rendered.includes(content.trim())) throw messageLeftOut(role, content, rendered);
      return rendered + prefill;
    },
    includesBeginToken: true,
    stop: [],
    stopTokens: (model) => [endOfTurn(model, variables)].filter((token) => token !== undefined),
  };
}

/** Any words will do: only what follows the answer is read. */
const exampleAnswer = 'Tuesday comes after Monday.';
const exampleChat: readonly ChatMessage[] = [
  { role: 'user', content: 'What comes after Monday?' },
  { role: 'assistant', content: exampleAnswer },
];

/**
 * The token with which the chat template ends an answer: the one that follows an answer where it is printed as part of
 * a conversation. It need not be an end token of the model: a base model ends texts with `<|endoftext|>`, while its
 * template ends turns with `<|im_end|>`. Undefined where the template ends them with ordinary text, or not at all.
 */
function endOfTurn(model: PromptModel, variables: Readonly<Record<string, unknown>>): number | undefined {
  const rendered = renderChat(model, exampleChat, { addGenerationPrompt: false, variables });
  const start = rendered.lastIndexOf(exampleAnswer);
  if (start < 0) return undefined;
  const rest = rendered.slice(start + exampleAnswer.length).trimStart();
  const found = specialTokens(model.tokenizer.definition).filter(({ content }) => rest.startsWith(content));
  return found.sort((a, b) => b.content.length - a.content.length)[0]?.id;
}

const definitionForm = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string().min(1), special: z.boolean() })),
});

/** The marks of a `tokenizer.json`, which are no words of a text. */
function specialTokens(definition: unknown): { readonly id: number; readonly content: string }[] {
  const parsed = definitionForm.safeParse(definition);
  return parsed.success ? parsed.data.added_tokens.filter(({ special }) => special) : [];
}
