import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createChatTemplate } from '../../../core/tokenizer/chat-prompt.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { stopTokensOf } from '../../../core/train/loop/prompt-encoder.js';
import { byteLevelDefinition } from './definitions.js';

/** What transformers makes of the chat template of SmolLM2; see smollm2.py beside it. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/chat-templates/smollm2.json', import.meta.url), 'utf8'),
) as {
  readonly template: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly question: string;
  readonly prompts: readonly { readonly system: string; readonly prefill: string; readonly text: string }[];
};
const smollm2 = {
  chatTemplate: recorded.template,
  companions: { 'tokenizer_config.json': JSON.stringify(recorded.tokens) },
};

const marks = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|im_end|>!'];
const firstMark = 300;
const definition = {
  ...byteLevelDefinition(),
  added_tokens: marks.map((content, i) => ({
    id: firstMark + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
};
const [endOfText, , endOfTurn] = marks.map((_, i) => firstMark + i);
const tokenizer = createTokenizer(definition, { endTokens: ['<|endoftext|>'] });

const template = createChatTemplate({});
const problem = (prompt: string) => ({ id: 'x', prompt, answer: '7' });
const stopTokens = (chatTemplate: string, settings: object = {}) =>
  stopTokensOf(
    { chatTemplate, tokenizer, companions: { 'tokenizer_config.json': JSON.stringify(settings) } },
    template,
  );

describe('a chat prompt', () => {
  it.each(recorded.prompts)(
    'is that of transformers: system "$system", answer begun with "$prefill"',
    ({ system, prefill, text }) => {
      const form = { ...(system !== '' && { system }), prefill };
      expect(createChatTemplate(form).render(problem(recorded.question), smollm2)).toBe(text);
    },
  );

  it('passes variables to the template', () => {
    const chatTemplate =
      '{{ messages[-1].content }}{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}';
    const variables = { enable_thinking: false };
    expect(createChatTemplate({ variables }).render(problem('Hi'), { chatTemplate })).toBe('Hi<think></think>');
    expect(template.render(problem('Hi'), { chatTemplate })).toBe('Hi');
  });

  it.each([
    ['user', 'hello'],
    ['user', ''],
    ['user', "{{ messages[0]['content'] }}"],
    ['system', "{{ messages[1]['content'] | trim }}"],
  ])('is refused if the message of the %s is not in it: %j', (role, chatTemplate) => {
    expect(() => createChatTemplate({ system: 'Be brief.' }).render(problem('Hi'), { chatTemplate })).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER', message: expect.stringContaining(`message of the ${role}`) }),
    );
  });
});

describe('a response ends', () => {
  it('with the token that ends a turn in the chat template, besides the end token of a base model', () => {
    expect(stopTokensOf({ ...smollm2, tokenizer }, template)).toEqual([endOfText, endOfTurn]);
  });

  const loop = (turn: string) => `{% for m in messages %}${turn}{% endfor %}`;
  it.each([
    ['after blank space', loop("{{ m.content + ' \\n<|im_end|>' }}"), [endOfText, endOfTurn]],
    ['the longest of those that fit', loop("{{ m.content + '<|im_end|>!' }}"), [endOfText, firstMark + 3]],
    ['an end token of the model once', loop("{{ m.content + '<|endoftext|>' }}"), [endOfText]],
    ['none: ordinary text follows', loop("{{ m.content + '\\nUser: <|im_end|>' }}"), [endOfText]],
    ['none: answers are not printed', '{{ messages[0].content }}<|im_end|>', [endOfText]],
  ])('%s', (_, chatTemplate, tokens) => {
    expect(stopTokens(chatTemplate)).toEqual(tokens);
  });

  it('with the end token that the template takes from the tokenizer', () => {
    expect(stopTokens(loop('{{ m.content + eos_token }}'), { eos_token: '<|im_end|>' })).toEqual([
      endOfText,
      endOfTurn,
    ]);
  });
});
