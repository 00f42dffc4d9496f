import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { describeFields } from '../../../core/config/describe.js';
import { parseSet, type Layer } from '../../../core/config/layers.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { runConfigSchema } from '../../../core/config/schema.js';
import { OrzError } from '../../../core/errors.js';
import { argumentsOf, root } from '../../docs/pages.js';

const { layers, registry, resolved } = await gatherConfig({ preset: ['orz-tiny'] }, root);
const paths = [
  ...describeFields(runConfigSchema).map(({ path }) => path),
  ...[...resolved.slots].flatMap(([slot, { provider }]) =>
    describeFields(provider.settings).map(({ path }) => `${slot}.${path}`),
  ),
];

/** The error of a configuration with these layers on top, if there is one. */
async function errorOf(...more: Layer[]): Promise<OrzError | undefined> {
  try {
    await resolveConfig([...layers, ...more], registry);
    return undefined;
  } catch (error) {
    if (error instanceof OrzError) return error;
    throw error;
  }
}

const fromFile = (flag: string): Layer => ({ ...parseSet(flag), label: 'orz.config.ts' });
const remedyOf = async (layer: Layer): Promise<string> => (await errorOf(layer))?.details.remedy ?? 'accepted';

describe('the remedy for a setting that is refused', () => {
  it('gives an example that is accepted, for every setting and many values', async () => {
    let examples = 0;
    for (const path of paths)
      for (const value of ['-1', '-1e300', '0', '1.5', '1e300', 'text', '""', 'true', 'null', '[]', '{"a":1}']) {
        const error = await errorOf(parseSet(`${path}=${value}`));
        if (error?.code !== 'ORZ_CONFIG_INVALID' || !error.message.includes(`'${path}' cannot be`)) continue;
        const { remedy = '' } = error.details;
        expect(remedy.split(' ')).not.toContain(`${path}=${value}`);
        const [, example] = /for example: (.*)$/.exec(remedy) ?? [];
        if (example === undefined) continue;
        examples++;
        const again = await errorOf(parseSet(argumentsOf(`orz-train ${example}`)[1]!));
        // A rule between settings may be broken now; on its own the value is right.
        expect(again?.details.allowed, remedy).not.toBe(error.details.allowed);
      }
    expect(examples).toBeGreaterThan(200);
  });

  it.each([
    ['advantage.lambda=7', 'Give an allowed value, for example: --set advantage.lambda=1'],
    ['iterations=2.6', 'Give an allowed value, for example: --set iterations=3'],
    ['iterations="12"', 'Give an allowed value, for example: --set iterations=12'],
    ['guards.canary=yes', 'Give an allowed value, for example: --set guards.canary=true'],
    ['lossAggregation=tokenmean', 'Give an allowed value, for example: --set lossAggregation=token-mean'],
    ['model.minTerms=7', 'Give one of the allowed values.'],
    ['policyLearningRate=fast', 'Give one of the allowed values.'],
    ['metrics=[{"type":""}]', 'Give metrics again.'],
    ['runDir=12', `Text that looks like a number needs quotes: --set 'runDir="12"'`],
  ])('that a flag states (%s) says how to type it', async (flag, remedy) => {
    expect(await remedyOf(parseSet(flag))).toBe(remedy);
  });

  it.each([
    [
      'temperature=9',
      'Correct it in orz.config.ts, or override it: --set temperature=5',
      'ends at the value of the range that was exceeded',
    ],
    [
      'temperature=-1',
      'Correct it in orz.config.ts, or override it: --set temperature=VALUE',
      'has none where 0 is out',
    ],
    ['plugins=[1]', 'Correct plugins in orz.config.ts.', 'does not name an entry of a list'],
  ])('that a file states (%s) names the file and the flag, which %s', async (flag, remedy) => {
    expect(await remedyOf(fromFile(flag))).toBe(remedy);
  });

  it('that --iterations states names this flag', async () => {
    const refused = gatherConfig({ iterations: '-3' }, root);
    await expect(refused).rejects.toMatchObject({
      details: { remedy: 'Give an allowed value, for example: --iterations 1' },
    });
  });
});

describe('the message for a setting that is refused', () => {
  it.each([
    ['rolloutBatchSize=1e400', 'cannot be Infinity', 'integer, at least 1', 'Give one of the allowed values.'],
    [
      'rolloutBatchSize=9007199254740993',
      'cannot be 9007199254740992',
      'integer, at least 1, at most 9007199254740991',
      'Give one of the allowed values.',
    ],
    [
      'advantage.lambda=',
      'cannot be ""',
      'number, at least 0, at most 1',
      'Give an allowed value, for example: --set advantage.lambda=1',
    ],
    ['plugins=[""]', `'plugins.0' cannot be ""`, 'text, not empty', 'Give plugins again.'],
  ])('%s says what was understood and what is allowed', async (flag, message, allowed, remedy) => {
    const error = await errorOf(parseSet(flag));
    expect(error?.message).toContain(message);
    expect([error?.details.allowed, error?.details.remedy]).toEqual([allowed, remedy]);
    // The same from the whole command line, where plugins are looked for first.
    await expect(gatherConfig({ set: [flag] }, root)).rejects.toMatchObject({ message: error?.message });
  });

  it.each(['', '.', root])('--config %j, a folder, says that it is one', async (config) => {
    await expect(gatherConfig({ config }, root)).rejects.toMatchObject({
      code: 'ORZ_CONFIG_FILE',
      message: `--config needs a file, and '${config}' is a folder`,
    });
  });

  it('--preset in capitals is recognised', async () => {
    await expect(gatherConfig({ preset: ['ORZ-TINY'] }, root)).rejects.toMatchObject({
      details: { remedy: "Did you mean 'orz-tiny'?" },
    });
  });
});
