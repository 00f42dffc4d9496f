import { describe, expect, it } from 'vitest';
import { parseOptions, type GenerateFlags } from '../../../cli/generate/options.js';

describe('flags of generate', () => {
  it('that are absent leave everything to the run or the model', () => {
    expect(parseOptions({})).toEqual({ form: { kind: 'template' }, samples: 1, stop: [] });
  });

  it.each<[GenerateFlags, object]>([
    [{ model: 'm' }, { kind: 'raw' }],
    [{ raw: true }, { kind: 'raw' }],
    [{ chat: true }, { kind: 'chat' }],
    [
      { model: 'm', chat: true, system: 's' },
      { kind: 'chat', system: 's' },
    ],
  ])('%j give the prompt the form %j', (flags, form) => {
    expect(parseOptions(flags).form).toEqual(form);
  });

  it('become numbers and texts', () => {
    expect(
      parseOptions({
        samples: '3',
        temperature: '0',
        topP: '.5',
        topK: '0',
        maxTokens: '1e2',
        stop: [String.raw`\n\n`, 'User:'],
      }),
    ).toMatchObject({ samples: 3, temperature: 0, topP: 0.5, topK: 0, maxTokens: 100, stop: ['\n\n', 'User:'] });
  });

  it.each<[GenerateFlags, string]>([
    [{ samples: '0' }, '--samples'],
    [{ samples: '1.5' }, '--samples'],
    [{ samples: 'many' }, '--samples'],
    [{ temperature: '-1' }, '--temperature'],
    [{ temperature: '' }, '--temperature'],
    [{ temperature: 'Infinity' }, '--temperature'],
    [{ topP: '0' }, '--top-p'],
    [{ topP: '1.1' }, '--top-p'],
    [{ topK: '-1' }, '--top-k'],
    [{ topK: '2.5' }, '--top-k'],
    [{ maxTokens: '0' }, '--max-tokens'],
    [{ stop: [''] }, '--stop'],
    [{ model: 'm', runDir: 'r' }, '--run-dir and --model'],
    [{ raw: true, chat: true }, '--raw and --chat'],
    [{ revision: 'v1' }, '--revision needs --model'],
    [{ system: 's' }, '--system needs --chat'],
  ])('%j is ORZ_USAGE naming the flag, with an example', (flags, named) => {
    expect(() => parseOptions(flags)).toThrow(
      expect.objectContaining({
        code: 'ORZ_USAGE',
        message: expect.stringContaining(named),
        details: expect.objectContaining({ remedy: expect.stringContaining('--') }),
      }),
    );
  });
});
