import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderChat, type ChatMessage } from '../../../core/tokenizer/chat-template.js';

interface Case {
  readonly name: string;
  readonly template: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[];
  readonly addGenerationPrompt: boolean;
  readonly text: string;
}

/** What transformers renders; see make.py beside it. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/chat-templates/cases.json', import.meta.url), 'utf8'),
) as {
  readonly tokens: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
  readonly qwen: readonly (Pick<Case, 'messages' | 'tools'> & { readonly text?: string; readonly sha256: string })[];
};

const model = (chatTemplate: string, settings: object = {}) => ({
  chatTemplate,
  companions: { 'tokenizer_config.json': JSON.stringify(settings) },
});
const user: ChatMessage = { role: 'user', content: 'Hi' };

describe('renderChat', () => {
  it.each(recorded.cases)(
    'gives the text that transformers gives: $name',
    ({ template, messages, tools, addGenerationPrompt, text }) => {
      expect(
        renderChat(model(template, recorded.tokens), messages, { addGenerationPrompt, ...(tools && { tools }) }),
      ).toBe(text);
    },
  );

  const settingsFile = new URL(
    '../../../../shared/data/tokenizer/qwen2/tokenizer_config.instruct.json',
    import.meta.url,
  );
  it.skipIf(!existsSync(settingsFile))(
    'under the template of Qwen2.5 is that of transformers (skipped where it is not at ../shared/data)',
    () => {
      const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as { chat_template: string };
      for (const { messages, tools, text, sha256 } of recorded.qwen) {
        const rendered = renderChat(model(settings.chat_template, settings), messages, tools ? { tools } : {});
        if (text !== undefined) expect(rendered).toBe(text);
        expect(createHash('sha256').update(rendered).digest('hex')).toBe(sha256);
      }
    },
  );

  it('passes the special tokens of the tokenizer, given as text or with their flags', () => {
    const tokens = { bos_token: '<s>', eos_token: { content: '</s>', lstrip: false }, pad_token: null };
    expect(renderChat(model('{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}', tokens), [user])).toBe(
      '<s></s>false',
    );
  });

  it('uses the template for tools where there are tools and several templates', () => {
    const settings = {
      chat_template: [
        { name: 'default', template: 'plain' },
        { name: 'tool_use', template: 'with {{ tools | length }}' },
      ],
    };
    expect(renderChat(model('plain', settings), [user])).toBe('plain');
    expect(renderChat(model('plain', settings), [user], { tools: [{}, {}] })).toBe('with 2');
  });

  it('passes further variables to the template', () => {
    expect(renderChat(model('{{ enable_thinking }}'), [user], { variables: { enable_thinking: false } })).toBe('false');
  });
});

describe('a template', () => {
  const refused = (template: string, message: string) => {
    expect(() => renderChat(model(template), [user])).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER', message: expect.stringContaining(message) }),
    );
  };

  it('fails with ORZ_TOKENIZER if it is missing or in a broken file', () => {
    expect(() => renderChat({}, [user])).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER', message: expect.stringContaining('no chat template') }),
    );
    expect(() => renderChat({ chatTemplate: '', companions: { 'tokenizer_config.json': '{' } }, [user])).toThrow(
      expect.objectContaining({ code: 'ORZ_TOKENIZER' }),
    );
  });

  it('is quoted if it refuses the messages', () => {
    refused(
      `{% if messages[0].role != 'system' %}{{ raise_exception('Begin with a system message.') }}{% endif %}`,
      'refuses the messages: Begin with a system message.',
    );
  });

  it.each([
    ['{% for %}'],
    ['{{ }'],
    ['{% if true %}'],
    ['{{ unknown.f() }}'],
    ['{{ 1 | nonsense }}'],
    ['{{ strftime_now("%Y") }}'],
  ])('fails with its mistake: %s', (template) => {
    refused(template, 'fails');
  });

  const big = '{% for a in range(99999) %}';
  it.each([
    ['nested loops', `${big}${big}${big}x{% endfor %}{% endfor %}{% endfor %}`, 'does not terminate'],
    ['a loop that makes nothing', `${big}${big}{% endfor %}{% endfor %}`, 'does not terminate'],
    ['a huge range', '{% for a in range(1000000000000) %}{% endfor %}', 'range of'],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'nests too deeply'],
    [
      'a text doubled without end',
      `{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}${big}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
      'does not terminate',
    ],
    [
      'a list doubled without end',
      `{% set ns = namespace(x=[1]) %}${big}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
      'does not terminate',
    ],
    [
      'a tree of shared parts, printed',
      `{% set ns = namespace(x=[1]) %}${big}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}`,
      'does not terminate',
    ],
    [
      'an object that contains itself, printed',
      '{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}',
      'does not terminate',
    ],
    [
      'a huge text in a loop',
      "{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}" +
        '{% for i in range(20) %}{% set ns.x = ns.x + ns.x %}{% endfor %}' +
        `${big}{{ ns.x | length }}{% endfor %}`,
      'does not terminate',
    ],
    ['parentheses without end', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, 'nests too deeply'],
    ['more text than any template', 'x'.repeat(300_000), '300000 characters'],
  ])('with %s fails', (_, template, message) => {
    refused(template, message);
  });

  it('reaches nothing outside its variables', () => {
    for (const way of [
      'messages.constructor',
      `messages['__proto__']`,
      `messages[0].constructor`,
      `''.constructor`,
      'globalThis',
      'process',
      'range.constructor',
      'raise_exception.constructor',
      `namespace.constructor`,
    ]) {
      let rendered = '';
      try {
        rendered = renderChat(model(`{{ ${way} is defined }}`), [user]);
      } catch {
        rendered = 'false';
      }
      expect([way, rendered]).toEqual([way, 'false']);
    }
  });
});
