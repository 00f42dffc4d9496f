import * as z from 'zod';
import type { Template } from '../../core/contracts/problems.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { createChatTemplate } from '../../core/tokenizer/chat-prompt.js';

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
  variables: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Variables of the chat template, for example {"enable_thinking": false}'),
});

export type ChatTemplateSettings = z.infer<typeof chatTemplateSettings>;

/** The default instruction is that of Qwen2.5-Math's model card. */
export const createTemplate = ({ instruction, ...form }: ChatTemplateSettings): Template =>
  createChatTemplate({ ...form, suffix: instruction === '' ? '' : `\n${instruction}` });

export default definePlugin({
  name: 'template-chat',
  provides: [
    provide('template', 'chat', {
      description:
        "The model's own chat template, for instruction-tuned models; " +
        'with the reward math set reward.extraction=anywhere',
      settings: chatTemplateSettings,
      create: createTemplate,
    }),
  ],
});
