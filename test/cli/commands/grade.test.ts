import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { useFolder } from './in-folder.js';
import { startCli } from './run-cli.js';

const test = useFolder();
const lines = [
  '{"id":"a","gold":"\\\\frac{1}{2}","prediction":"The answer is $0.5$."}',
  '{"id":"b","gold":"3","response":"no tags","finish_reason":"eos"}',
];
const printed = () =>
  test.printed.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('grade', () => {
  it('writes a line per answer in order, and a summary', async () => {
    writeFileSync('in.jsonl', `${lines.join('\n')}\n`);
    expect(await main(['grade', '--input', 'in.jsonl', '--output', 'out.jsonl'])).toBe(0);
    test.printed.out = '';
    expect(await main(['grade', '--input', 'in.jsonl'])).toBe(0);
    expect(printed().map(({ id, verdict, value }) => [id, verdict, value])).toEqual([
      ['a', 'correct', 1],
      ['b', 'no-answer', 0],
    ]);
    expect(test.printed.err).toContain('2 graded, mean value 0.5000: correct 1, no-answer 1');
    expect(readFileSync('out.jsonl', 'utf8')).toBe(test.printed.out);
  });

  it('a malformed line is named by its number, does not stop the rest, and fails the command', async () => {
    writeFileSync('in.jsonl', `${lines[0]}\nnonsense\n${lines[1]}`);
    expect(await main(['grade', '--input', 'in.jsonl'])).toBe(3);
    expect(test.printed.err).toMatch(/^line 2: /m);
    expect(printed()).toHaveLength(3);
  });

  it('an empty file is ORZ_DATA_EMPTY, a file of UTF-16 says so', async () => {
    writeFileSync('in.jsonl', '\n');
    expect(await main(['grade', '--input', 'in.jsonl'])).toBe(3);
    expect(test.printed.err).toMatch(/^ORZ_DATA_EMPTY/m);
    writeFileSync('in.jsonl', Buffer.from(`\ufeff${lines[0]}`, 'utf16le'));
    expect(await main(['grade', '--input', 'in.jsonl'])).toBe(3);
    expect(test.printed.err).toContain('UTF-16');
  });

  it('takes every setting of the reward, and says which it does not know', async () => {
    writeFileSync('in.jsonl', '{"gold":"\\\\frac13","prediction":"$0.33$"}\n{"gold":"5","response":"It is $5$."}\n');
    expect(await main(['grade', '--input', 'in.jsonl', '--set', 'precision=2', '--set', 'extraction=anywhere'])).toBe(
      0,
    );
    expect(printed().map(({ value }) => value)).toEqual([1, 1]);
    test.printed.out = '';
    expect(await main(['grade', '--input', 'in.jsonl', '--set', 'extraction=answer-tags'])).toBe(0);
    expect(printed().map(({ verdict }) => verdict)).toEqual(['no-answer', 'no-answer']);
    expect(await main(['grade', '--input', 'in.jsonl', '--set', 'extrction=anywhere'])).toBe(2);
    expect(test.printed.err).toContain("Did you mean 'reward.extraction'?");
  });

  it('grades with a reward of the configuration', async () => {
    writeFileSync(
      'mine.ts',
      `import { definePlugin, provide, z, type RewardFactory } from 'open-reasoner-zero';
      export const createReward: RewardFactory = (settings) => ({ name: 'letters', grade: (group) =>
        group.map(({ text }) => ({ value: text.length / (settings as { per: number }).per, verdict: 'wrong' })) });
      export default definePlugin({ name: 'mine', version: '2.1', provides: [provide('reward', 'letters', {
        description: 'counts letters', settings: z.strictObject({ per: z.number().default(1).describe('Divisor') }),
        create: (settings) => ({ moduleUrl: import.meta.url, exportName: 'createReward', settings }) })] });`,
    );
    writeFileSync('orz.config.ts', `export default { plugins: ['./mine.ts'] };`);
    writeFileSync('in.jsonl', '{"gold":"1","prediction":"four"}\n');
    expect(await main(['grade', '--input', 'in.jsonl', '--reward', 'letters', '--set', 'per=8'])).toBe(0);
    expect(printed()).toEqual([
      { id: 1, verdict: 'wrong', value: 0.5, answer: null, rule: 'wrong', verifier: 'letters 2.1' },
    ]);
    expect(await main(['grade', '--input', 'in.jsonl', '--reward', 'leters'])).toBe(2);
    expect(test.printed.err).toContain("Did you mean 'letters'?");
  });

  it('reads standard input and answers line by line; Ctrl-C keeps what was graded', async () => {
    const child = startCli(['grade', '--input', '-', '--workers', '1'], test.folder, 'pipe');
    child.process.stdin?.write(`${lines[0]}\n`);
    await expect.poll(() => child.stdout()).toMatch(/"correct"/);
    child.process.stdin?.write(`${lines[1]}\n`);
    await expect.poll(() => child.stdout()).toMatch(/"no-answer"/);
    child.process.kill('SIGINT');
    const { code, stderr } = await child.result;
    expect(code).toBe(130);
    expect(stderr).toContain('2 graded');
    expect(stderr).toContain('the first 2 records were printed');
  });

  it('Ctrl-C leaves the results so far in the output file', async () => {
    writeFileSync('in.jsonl', `${lines[0]}\n`.repeat(300_000));
    const child = startCli(['grade', '--input', 'in.jsonl', '--output', 'out.jsonl'], test.folder);
    // Once a part of the file is written under its temporary name, results are there.
    await expect.poll(() => temporarySize(), { interval: 50 }).toBeGreaterThan(0);
    child.process.kill('SIGINT');
    const { code, stderr } = await child.result;
    expect(code).toBe(130);
    const kept = readFileSync('out.jsonl', 'utf8').trimEnd().split('\n');
    expect(stderr).toContain(`the first ${kept.length} records are in out.jsonl`);
    expect(kept.length).toBeLessThan(300_000);
    expect(JSON.parse(kept.at(-1)!)).toMatchObject({ verdict: 'correct' });
  });
});

function temporarySize(): number {
  const name = readdirSync('.').find((file) => file.startsWith('out.jsonl.'));
  return name === undefined ? 0 : statSync(name).size;
}
