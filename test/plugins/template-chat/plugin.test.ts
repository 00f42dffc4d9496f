import { describe, expect, it } from 'vitest';
import { encodePrompt } from '../../../core/train/loop/prompt-encoder.js';
import { chatTemplateSettings, createTemplate } from '../../../plugins/template-chat/plugin.js';

const chatTemplate =
  "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}" +
  '{% if add_generation_prompt %}[assistant] {% endif %}';
const model = { chatTemplate, companions: { 'tokenizer_config.json': '{ "bos_token": "<s>" }' } };
const problem = { id: 'x', prompt: 'What is 3+4?', answer: '7' };
const template = (settings: object) => createTemplate(chatTemplateSettings.parse(settings));

describe('the template "chat"', () => {
  it("asks as a user in the model's chat template, and opens the answer", () => {
    expect(template({}).render(problem, model)).toBe(
      '<s>[user] What is 3+4?\nPlease reason step by step, and put your final answer within \\boxed{}.\n[assistant] ',
    );
  });

  it('takes a message of the system, another instruction and a prefill', () => {
    const settings = { system: 'Be brief.', instruction: '', prefill: '<think>\n' };
    expect(template(settings).render(problem, model)).toBe(
      '<s>[system] Be brief.\n[user] What is 3+4?\n[assistant] <think>\n',
    );
  });

  it('passes variables to the chat template', () => {
    const withVariable = { ...model, chatTemplate: `${chatTemplate}{{ mode }}` };
    const made = template({ instruction: '', variables: { mode: 'fast' } });
    expect(made.render(problem, withVariable)).toBe('<s>[user] What is 3+4?\n[assistant] fast');
  });

  it('puts no second begin token in front, and has no text that ends a response', () => {
    const tokenizer = { bosToken: 9, endTokens: [2], encode: (text: string) => Int32Array.of(text.length) } as never;
    const tokens = encodePrompt({ ...model, tokenizer }, template({ instruction: '' }), problem);
    expect([...tokens]).toEqual([template({ instruction: '' }).render(problem, model).length]);
    expect(template({}).stop).toEqual([]);
  });

  it('refuses a model without a chat template', () => {
    expect(() => template({}).render(problem, {})).toThrow(expect.objectContaining({ code: 'ORZ_TOKENIZER' }));
  });
});
