import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { mine, type MineRequest } from '../../../cli/mine/mine.js';
import { openMinedProblems } from '../../../cli/mine/problems.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import type { Answerer } from '../../../core/contracts/answerer.js';
import { binomialInterval } from '../../../core/evaluation/binomial-interval.js';
import { silentEvents } from '../../../core/silent-events.js';
import { countingAnswerer } from '../evaluate/counting-answerer.js';
import { temporaryFolder } from '../temporary-folder.js';

const records = Array.from({ length: 5 }, (_, i) => ({ question: `${i}+1`, answer: `${i + 1}`, level: i }));
const signal = new AbortController().signal;

/** A request on five sums, of which the third comes twice. */
async function request(folder: string, answerer: Answerer, limit?: number): Promise<MineRequest> {
  const file = join(folder, 'train.jsonl');
  writeFileSync(file, [...records, records[2]].map((record) => JSON.stringify(record)).join('\n'));
  const data = { type: 'files', train: [{ path: file, name: 'sums', metadata: ['level'] }] };
  const set = [`data=${JSON.stringify(data)}`, 'dataFilters.passRate.max=0.5'];
  const { resolved, registry, plugins } = await gatherConfig({ set, config: false }, folder);
  const context = { resolved, registry, plugins, platform: createNodePlatform('.'), events: silentEvents };
  const mined = await openMinedProblems({ context, prompts: undefined, limit, signal });
  const how = { sampling: { samples: 3 }, isRun: false, producer: 'test 1', seed: 7, exactLimit: false };
  return { answerer, context, mined, ...how, out: join(folder, 'out'), signal };
}

const text = (out: string): string => readFileSync(join(out, 'mined.jsonl'), 'utf8');

describe('mine', () => {
  it('writes the problems that training would keep, each once, with their pass rates', async () => {
    const whole = await request(temporaryFolder(), countingAnswerer());
    await mine(whole);
    // Answer number s to question q is right where q + s is even: 2 or 1 of 3.
    const expected = records.map(({ question, answer, level }, i) => {
      const right = i % 2 === 0 ? 2 : 1;
      const [low, high] = binomialInterval(right, 3);
      const rates = { pass_rate: right / 3, pass_rate_low: low, pass_rate_high: high };
      return { id: `sums#${i + 1}`, prompt: question, answer, ...rates, samples: 3, metadata: { level } };
    });
    expect(
      text(whole.out)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(expected);
    const settings = JSON.parse(readFileSync(join(whole.out, 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({
      seed: 7,
      model: { name: 'counter' },
      benchmarks: [{ source: 'sums', grading: { type: 'math' }, sampling: { samples: 3, temperature: 1 } }],
    });
  });

  it('goes on where it was stopped, to the same bytes', async () => {
    const [whole, stopped] = [temporaryFolder(), temporaryFolder()];
    await mine(await request(whole, countingAnswerer()));
    const stop = new AbortController();
    const first: number[] = [];
    const answerer = countingAnswerer(first);
    const begun = await request(stopped, {
      ...answerer,
      answer: (asked, settings, { signal: inner, onAnswer }) =>
        answerer.answer(asked, settings, {
          signal: inner,
          onAnswer: async (answer) => {
            await onAnswer(answer);
            if (first.length === 2) stop.abort('SIGINT');
          },
        }),
    });
    await expect(mine({ ...begun, signal: stop.signal })).rejects.toBe('SIGINT');
    expect(existsSync(join(begun.out, 'mined.jsonl'))).toBe(false);
    const second: number[] = [];
    await mine(await request(stopped, countingAnswerer(second)));
    expect([first, second]).toEqual([
      [4, 3],
      [2, 1, 0],
    ]);
    expect(text(begun.out)).toBe(text(join(whole, 'out')));
  });

  it('takes only the first problems where there is a limit', async () => {
    const { mined } = await request(temporaryFolder(), countingAnswerer(), 2);
    expect(mined.problems.map(({ id }) => id)).toEqual(['sums#1', 'sums#2']);
  });

  it('mines a mined file again: its rates are replaced, its metadata kept', async () => {
    const folder = temporaryFolder();
    const before = await request(folder, countingAnswerer());
    await mine(before);
    const always = countingAnswerer([], {
      answer: async (questions, _, { onAnswer }) => {
        for (const { index, problem, samples } of questions)
          for (const sample of samples) {
            const answer = `</think><answer>\\boxed{${problem.answer}}</answer>`;
            await onAnswer({ question: index, sample, text: answer, stopReason: 'stop', responseTokens: 1 });
          }
      },
    });
    const set = [`data=${JSON.stringify({ type: 'files', train: [join(before.out, 'mined.jsonl')] })}`];
    const { resolved, ...rest } = await gatherConfig({ set, config: false }, folder);
    const context = { ...before.context, ...rest, resolved };
    const mined = await openMinedProblems({ context, prompts: undefined, limit: undefined, signal });
    const again = { ...before, answerer: always, context, mined, out: join(folder, 'again') };
    await mine(again);
    expect(JSON.parse(text(again.out).split('\n')[4] ?? '')).toMatchObject({
      pass_rate: 1,
      pass_rate_high: 1,
      metadata: { level: 4 },
    });
  });
});
