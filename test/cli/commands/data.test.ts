import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { exitCodes } from '../../../cli/report-error.js';
import { errorKinds } from '../../../core/error-kinds.js';
import { useFolder } from './in-folder.js';

const test = useFolder();

const write = (name: string, records: readonly unknown[]) => {
  writeFileSync(join(test.folder, name), records.map((record) => JSON.stringify(record)).join('\n'));
};
const sums = (...pairs: readonly (readonly [question: string, answer: string | number | null])[]) =>
  pairs.map(([question, answer]) => ({ question, answer }));
/** The tokenizer of orz-tiny knows sums; data of files put through it. */
const args = (...more: readonly string[]) => [
  'data',
  '--set',
  'data.type=files',
  '--set',
  'data.train=["train.jsonl"]',
  '--set',
  'data.evaluation={"held":"held.jsonl"}',
  ...more,
];

describe('orz-train data', () => {
  beforeEach(() => {
    write(
      'train.jsonl',
      sums(
        ['1+1', 2],
        ['1+2', 3],
        ['1+1 ', 2],
        ['1+1', 3],
        ['4+4', null],
        ['5+5', '10'],
        ['6+6', '\\frac{1}{'],
        ['1+2+3+4+5+6+7+8+9+1+2', 48],
      ),
    );
    write('held.jsonl', sums(['5+5', 10], ['2+2', 4]));
  });

  it('tells what is kept and what is left out, why, with examples, and exits with 0', async () => {
    expect(await main(args())).toBe(0);
    expect(test.printed.out).toContain('Training: 2 of 8 problems kept');
    for (const line of [
      /duplicate +2 /,
      /1 with another answer/,
      /overlap +1 /,
      /promptTooLong +1 /,
      /ungradable +1 /,
      /emptyAnswer +1 /,
    ])
      expect(test.printed.out).toMatch(line);
    expect(test.printed.out).toContain('train.jsonl#7: 6+6 → \\frac{1}{ (it cannot be put into a box)');
    expect(test.printed.out).toMatch(/held {2}2 problems, longest prompt \d+ tokens {2}\(form plain\): nothing found/);
    expect(test.printed.out).toMatch(/First in training\n {2}1\. train\.jsonl#[12]/);
  });

  it('prints the report before it fails with what stands against training', async () => {
    expect(await main(args('--set', 'dataFilters.ungradable=fail'))).toBe(3);
    expect(test.printed.out).toContain('Training: 2 of 8 problems kept');
    expect(test.printed.err).toMatch(
      /ORZ_DATA_REJECTED The filter ungradable rejects 1 training problem, first train\.jsonl#7/,
    );
  });

  it('names the problem that the tokenizer cannot express', async () => {
    write('train.jsonl', sums(['1+1', 2], ['two', 2]));
    expect(await main(args())).toBe(3);
    expect(test.printed.err).toMatch(/ORZ_TOKENIZER .*problem "train\.jsonl#2"/);
  });

  it('draws by weight, and says so', async () => {
    write('more.jsonl', sums(['7+7', 14]));
    const sources = JSON.stringify([
      { path: 'train.jsonl', weight: 3 },
      { path: 'more.jsonl', weight: 1, name: 'more' },
    ]);
    expect(await main(['data', '--json', '--set', 'data.type=files', '--set', `data.train=${sources}`])).toBe(0);
    const { sources: told, first } = JSON.parse(test.printed.out);
    expect(
      told.map(({ name, share, kept }: { name: string; share: number; kept: number }) => [name, share, kept]),
    ).toEqual([
      ['train.jsonl', 0.75, 3],
      ['more', 0.25, 1],
    ]);
    expect(first.filter(({ id }: { id: string }) => id === 'more#1').length).toBeGreaterThanOrEqual(1);
  });

  it.each([
    [['data.train=[{"weight":1}]'], 'ORZ_CONFIG_INVALID', 'data.train.0.path'],
    [
      ['data.train=[{"path":"train.jsonl","weight":1},{"path":"held.jsonl"}]'],
      'ORZ_CONFIG_INVALID',
      'data.train.1.weight',
    ],
    [['data.train=["train.jsonl","train.jsonl"]'], 'ORZ_CONFIG_INVALID', 'data.train.1.name'],
    [['data.train=[{"path":"train.jsonl","form":"gsm9k"}]'], 'ORZ_CONFIG_INVALID', 'data.train.0.form'],
    [['data.train=[{"path":"train.jsonl","forms":"gsm8k"}]'], 'ORZ_CONFIG_UNKNOWN_KEY', 'data.train.0.forms'],
    [['data.train=[{"path":"train.jsonl","split":"test"}]'], 'ORZ_CONFIG_INVALID', 'data.train.0.split'],
    [['data.train=["none.jsonl","nor.json"]'], 'ORZ_DATA_MISSING', 'nor.json'],
    [
      ['data.train=[{"path":"train.jsonl","form":"gsm8k"}]'],
      'ORZ_DATA_MALFORMED',
      'Field answer of record 1 of train.jsonl',
    ],
  ] as const)('refuses %j', async (set, code, text) => {
    const exitCode = await main(['data', '--set', 'data.type=files', ...set.flatMap((one) => ['--set', one])]);
    expect(exitCode).toBe(exitCodes[errorKinds[code]]);
    expect(test.printed.err).toMatch(new RegExp(`^${code} `));
    expect(test.printed.err).toContain(text);
    expect(test.printed.out).toBe('');
  });
});

describe('orz-train data without files', () => {
  it('works for problems made on demand', async () => {
    expect(await main(['data'])).toBe(0);
    expect(test.printed.out).toContain('Training: endless');
    expect(test.printed.out).toMatch(/held-out {2}2,048 problems.*nothing found/);
    expect(test.printed.out).toMatch(/First in training\n {2}1\. arithmetic\/train\/0/);
  });

  it('writes no file', async () => {
    mkdirSync('empty');
    process.chdir('empty');
    expect(await main(['data', '--json'])).toBe(0);
    expect(JSON.parse(test.printed.out)).toMatchObject({
      preset: 'orz-tiny',
      generated: true,
      first: [{ id: 'arithmetic/train/0' }, {}, {}, {}, {}],
    });
    process.chdir('..');
    const { readdirSync } = await import('node:fs');
    expect(readdirSync('empty')).toEqual([]);
  });
});
