import * as z from 'zod';
import type { Template } from '../../core/contracts/problems.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { renderChat, type ChatMessage } from '../../core/tokenizer/chat-template.js';
import { messageLeftOut } from './errors.js';

export const chatTemplateSettings = z.strictObject({
  system: z
    .string()
    .optional()
    .describe("Message of the system; if absent, what the model's template does without one"),
  instruction: z
    .string()
    .default('Please reason step by step, and put your final answer within \\boxed{}.')
    .describe('Text after the problem, on a line of its own; empty adds none'),
  prefill: z
    .string()
    .default('')
    .describe('Text that begins the answer of the model, for example "<think>\\n"; it is part of the prompt'),
});

export type ChatTemplateSettings = z.infer<typeof chatTemplateSettings>;

/**
 * The problem as a message of the user, in the chat template that came with the model; a response ends with the
 * model's own end tokens. A chat template that leaves out a message is ORZ_TOKENIZER. The default instruction is that
 * of Qwen2.5-Math's model card.
 */
export function createChatTemplate({ system, instruction, prefill }: ChatTemplateSettings): Template {
  const before: readonly ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  const after = instruction === '' ? '' : `\n${instruction}`;
  return {
    name: 'chat',
    render: ({ prompt }, model) => {
      const messages: readonly ChatMessage[] = [...before, { role: 'user', content: prompt + after }];
      const rendered = renderChat(model, messages);
      for (const { role, content } of messages.toReversed())
        // Many templates trim messages.
        if (!rendered.includes(content.trim())) throw messageLeftOut(role, content, rendered);
      return rendered + prefill;
    },
    includesBeginToken: true,
    stop: [],
  };
}

export default definePlugin({
  name: 'template-chat',
  provides: [
    provide('template', 'chat', {
      description:
        "The model's own chat template, for instruction-tuned models; " +
        'with the reward math set reward.extraction=anywhere',
      settings: chatTemplateSettings,
      create: createChatTemplate,
    }),
  ],
});
