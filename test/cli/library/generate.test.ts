import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generate, type GeneratedResponse } from '../../../cli/index.js';
import { runCli } from '../commands/run-cli.js';
import { temporaryFolder } from '../temporary-folder.js';

const model = fileURLToPath(new URL('../../fixtures/checkpoints/qwen2-tied', import.meta.url));
const options = { model, backend: 'reference', samples: 2, maxTokens: 5, seed: 3, temperature: 1 } as const;

describe('generate', () => {
  it('gives what the command line gives, and tells of each response when it is complete', async () => {
    const told: GeneratedResponse[] = [];
    const responses = await generate(['the', 'a'], {
      ...options,
      onResponse: (response) => {
        told.push(response);
      },
    });
    expect(responses.map(({ prompt }) => prompt)).toEqual([0, 0, 1, 1]);
    expect(told).toHaveLength(4);
    expect(told).toEqual(expect.arrayContaining(responses));

    const flags = [
      '--backend',
      'reference',
      '--samples',
      '2',
      '--max-tokens',
      '5',
      '--seed',
      '3',
      '--temperature',
      '1',
    ];
    const { stdout } = await runCli(['generate', '--model', model, ...flags, '--json', 'the'], temporaryFolder());
    const printed = JSON.parse(stdout) as { readonly tokens: number[]; readonly logprobs: number[] }[];
    expect(responses.slice(0, 2).map(({ tokens }) => [...tokens])).toEqual(printed.map(({ tokens }) => tokens));
    expect(responses.slice(0, 2).map(({ logprobs }) => [...logprobs])).toEqual(printed.map(({ logprobs }) => logprobs));
  });

  it('takes one prompt as well, and answers it the same whatever else is asked', async () => {
    const [alone] = await generate('the', options);
    const [among] = await generate(['the', 'other'], options);
    expect(alone).toEqual(among);
  });

  it.each([
    ['no model', {}],
    ['two models', { model, runDir: 'run' }],
    ['no response', { model, samples: 0 }],
    ['a temperature below 0', { model, temperature: -1 }],
    ['an empty text to stop at', { model, stop: [''] }],
    ['a run that is not there', { runDir: 'none' }],
  ])('refuses %s', async (_, wrong) => {
    await expect(generate('the', wrong)).rejects.toMatchObject({ code: expect.stringMatching(/^ORZ_(USAGE|DATA)/) });
  });

  it('ends with the reason of its signal', async () => {
    await expect(generate('the', { ...options, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});
