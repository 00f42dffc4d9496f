import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli } from './run-cli.js';

const source = fileURLToPath(new URL('../../../../shared/data/models/stories260k/', import.meta.url));

interface Expected {
  readonly greedy_ids: readonly number[];
  readonly greedy_text: string;
  readonly token_logprobs: readonly number[];
  readonly encode: readonly { readonly text: string; readonly ids: readonly number[] }[];
}
interface Sample {
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
  readonly text: string;
  readonly logprobs: readonly number[];
}

describe.skipIf(!existsSync(source))(
  'stories260k, a pretrained model (skipped where it is not at ../shared/data/models)',
  () => {
    const expected = existsSync(source)
      ? (JSON.parse(readFileSync(join(source, 'expected.json'), 'utf8')) as Expected)
      : undefined!;
    const ask = async (prompt: string, ...args: string[]): Promise<Sample> => {
      const { code, stdout, stderr } = await runCli(
        [
          'generate',
          '--model',
          source,
          prompt,
          '--temperature',
          '0',
          '--json',
          '--set',
          'backend.provider=cpu',
          ...args,
        ],
        temporaryFolder(),
      );
      expect(code, stderr).toBe(0);
      return (JSON.parse(stdout) as [Sample])[0];
    };

    it('tells its story token by token as a float64 forward pass does', async () => {
      const sample = await ask('', '--max-tokens', '200');
      expect([...sample.promptTokens, ...sample.tokens]).toEqual(expected.greedy_ids);
      expect(sample.text).toBe(expected.greedy_text);
      // Measured 4.3e-6: float32 through five layers, and the recorded numbers have six digits.
      expect(
        Math.max(...sample.logprobs.map((logprob, i) => Math.abs(logprob - expected.token_logprobs[i]!))),
      ).toBeLessThan(2e-5);
    });

    it('is given the ids of each recorded prompt', async () => {
      for (const { text, ids } of expected.encode.slice(0, 4))
        expect((await ask(text, '--max-tokens', '1')).promptTokens).toEqual(ids);
    });
  },
);
