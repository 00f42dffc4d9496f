import { describe, expect, it } from 'vitest';
import { encodePrompt } from '../../../core/train/loop/prompt-encoder.js';
import { chatTemplateSettings, createChatTemplate } from '../../../plugins/template-chat/plugin.js';

const chatTemplate =
  "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}" +
  '{% if add_generation_prompt %}[assistant] {% endif %}';
const model = { chatTemplate, companions: { 'tokenizer_config.json': '{ "bos_token": "<s>" }' } };
const problem = { id: 'x', prompt: 'What is 3+4?', answer: '7' };
const template = (settings: object) => createChatTemplate(chatTemplateSettings.parse(settings));

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

  it('puts no second begin token in front, and leaves the end to the tokens of the model', () => {
    const tokenizer = { bosToken: 9, endTokens: [2], encode: (text: string) => Int32Array.of(text.length) } as never;
    const tokens = encodePrompt({ ...model, tokenizer }, template({ instruction: '' }), problem);
    expect([...tokens]).toEqual([template({ instruction: '' }).render(problem, model).length]);
    expect(template({}).stop).toEqual([]);
  });

  it.each([
    ['user', 'hello'],
    ['user', ''],
    ['user', "{{ messages[0]['content'] }}"],
    ['system', "{{ messages[1]['content'] | trim }}"],
  ])('refuses a chat template that leaves out the message of the %s: %j', (role, text) => {
    expect(() => template({ system: 'Be brief.' }).render(problem, { ...model, chatTemplate: text })).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER', message: expect.stringContaining(`message of the ${role}`) }),
    );
  });

  it('refuses a model without a chat template', () => {
    expect(() => template({}).render(problem, {})).toThrow(expect.objectContaining({ code: 'ORZ_TOKENIZER' }));
  });
});
