import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { chooseBenchmarks } from '../../../cli/evaluate/choose-benchmarks.js';
import { evaluate } from '../../../cli/evaluate/evaluate.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import type { Answerer } from '../../../core/contracts/answerer.js';
import type { Problem } from '../../../core/contracts/data.js';
import { problemList } from '../../../core/data/problem-list.js';
import { evaluationResultsSchema } from '../../../core/evaluation/results.js';
import { silentEvents } from '../../../core/silent-events.js';
import { temporaryFolder } from '../temporary-folder.js';
import { countingAnswerer } from './counting-answerer.js';

const questions = 5;

async function request(folder: string, answerer: Answerer, changes: Readonly<Record<string, unknown>> = {}) {
  const { resolved, registry, plugins } = await gatherConfig({ config: false }, folder);
  const context = { resolved, registry, plugins, platform: createNodePlatform('.'), events: silentEvents };
  const file = join(folder, 'exam.jsonl');
  const lines = Array.from({ length: questions }, (_, i) => JSON.stringify({ question: `${i}+1`, answer: `${i + 1}` }));
  writeFileSync(file, lines.join('\n'));
  const shared = { samples: 2, maxResponseTokens: 100, ...changes };
  const benchmarks = await chooseBenchmarks({ names: [file], set: [], shared, chat: false }, context);
  const signal = new AbortController().signal;
  return {
    answerer,
    benchmarks,
    context,
    producer: 'test 1',
    seed: 7,
    exactLimit: false,
    out: join(folder, 'out'),
    signal,
  };
}

const filesOf = (out: string): string[] =>
  ['results.json', 'settings.json', 'responses/exam.jsonl'].map((name) => readFileSync(join(out, name), 'utf8'));

describe('an evaluation', () => {
  it('writes results, settings and every response in order', async () => {
    const folder = temporaryFolder();
    const whole = await request(folder, countingAnswerer());
    const results = await evaluate(whole);
    const [text = '', , responses = ''] = filesOf(whole.out);
    expect(evaluationResultsSchema.parse(JSON.parse(text))).toEqual(results);
    expect(results.benchmarks[0]).toMatchObject({
      name: 'exam',
      form: 'open',
      grading: { type: 'math', extraction: 'answer-tags' },
      sampling: { samples: 2, temperature: 1, topP: 1, maxResponseTokens: 100 },
      statistics: { mean: { mean: 0.5 }, truncated: { mean: 0 } },
    });
    const lines = responses
      .trimEnd()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { question: number; sample: number; reward: number; gold: string; prompt: string },
      );
    expect(lines.map(({ question, sample }) => [question, sample])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i >> 1, i % 2]),
    );
    expect(lines.map(({ reward }) => reward)).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    expect(lines[3]).toMatchObject({ gold: '2', prompt: 'Q: 1+1' });
    expect(existsSync(join(whole.out, 'responses/exam.partial.jsonl'))).toBe(false);
  });

  it('goes on where it was stopped, to the same bytes', async () => {
    const [whole, stopped] = [temporaryFolder(), temporaryFolder()];
    await evaluate(await request(whole, countingAnswerer()));
    const stop = new AbortController();
    const first: number[] = [];
    const answerer = countingAnswerer(first);
    const begun = await request(stopped, {
      ...answerer,
      answer: (asked, settings, { signal, onAnswer }) =>
        answerer.answer(asked, settings, {
          signal,
          onAnswer: async (answer) => {
            await onAnswer(answer);
            if (first.length === 2) stop.abort('SIGINT');
          },
        }),
    });
    await expect(evaluate({ ...begun, signal: stop.signal })).rejects.toBe('SIGINT');
    expect(first).toEqual([4, 3]);
    const partial = join(begun.out, 'responses/exam.partial.jsonl');
    // As a crash in the middle of a write leaves it.
    writeFileSync(partial, `${readFileSync(partial, 'utf8')}[{"question":2,"sam`);
    const second: number[] = [];
    await evaluate({ ...(await request(stopped, countingAnswerer(second))), out: begun.out });
    expect(second).toEqual([2, 1, 0]);
    const sameSource = (text: string): string => text.replaceAll(stopped, whole);
    expect(filesOf(begun.out).map(sameSource)).toEqual(filesOf(join(whole, 'out')));
  });

  it('shows how many responses are there, and how many are right', async () => {
    const notes: unknown[] = [];
    const whole = await request(temporaryFolder(), countingAnswerer());
    const phase = () => ({ progress: (...shown: unknown[]) => notes.push(shown), end: () => undefined });
    await evaluate({ ...whole, context: { ...whole.context, events: { ...silentEvents, phase } } });
    const responses = notes.filter((shown) => Array.isArray(shown) && shown.length === 2);
    expect(responses.slice(0, 3)).toEqual([
      [1, undefined],
      [2, undefined],
      [3, '50.0 % right'],
    ]);
    expect(responses).toHaveLength(10);
  });

  it('asks nothing again that is finished', async () => {
    const folder = temporaryFolder();
    const whole = await request(folder, countingAnswerer());
    const results = await evaluate(whole);
    const asked: number[] = [];
    expect(await evaluate({ ...whole, answerer: countingAnswerer(asked) })).toEqual(results);
    expect(asked).toEqual([]);
  });

  it('refuses a folder with other settings, and names the setting', async () => {
    const folder = temporaryFolder();
    await evaluate(await request(folder, countingAnswerer()));
    await expect(evaluate(await request(folder, countingAnswerer(), { temperature: 0 }))).rejects.toMatchObject({
      code: 'ORZ_RESUME',
      message: expect.stringContaining('benchmarks.exam.sampling.temperature') as string,
    });
  });

  it('refuses a folder with something else', async () => {
    const folder = temporaryFolder();
    const whole = await request(folder, countingAnswerer());
    mkdirSync(whole.out);
    writeFileSync(join(whole.out, 'thesis.tex'), '');
    await expect(evaluate(whole)).rejects.toMatchObject({ code: 'ORZ_USAGE', details: { origin: '--out' } });
  });

  it('refuses a folder in which another evaluation is going on, and leaves it alone', async () => {
    const folder = temporaryFolder();
    const whole = await request(folder, countingAnswerer());
    const others: unknown[] = [];
    const answerer = countingAnswerer();
    const answer: Answerer['answer'] = async (...asked) => {
      others.push(await evaluate(whole).catch((error: unknown) => error));
      await answerer.answer(...asked);
    };
    const results = await evaluate({ ...whole, answerer: { ...answerer, answer } });
    expect(others).toMatchObject([{ code: 'ORZ_RUN_LOCKED', details: { value: expect.stringMatching(/^process/) } }]);
    expect(results.benchmarks[0]?.statistics.mean.mean).toBe(0.5);
    expect(readdirSync(whole.out).sort()).toEqual(['responses', 'results.json', 'settings.json']);
  });

  it.each([
    ['a line less', (text: string) => text.slice(0, text.trimEnd().lastIndexOf('\n') + 1), 10],
    ['half a line', (text: string) => text.slice(0, -9), 10],
    ['a line more', (text: string) => text + text, 11],
    ['lines in another order', (text: string) => text.split('\n').toReversed().join('\n').slice(1) + '\n', 1],
    ['something else', () => 'null\n', 1],
  ])('refuses to go on from responses that were changed: %s', async (_, change, line) => {
    const whole = await request(temporaryFolder(), countingAnswerer());
    await evaluate(whole);
    const file = join(whole.out, 'responses/exam.jsonl');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await expect(evaluate(whole)).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED', details: { value: line } });
  });

  it('removes what a crash at the very end left', async () => {
    const whole = await request(temporaryFolder(), countingAnswerer());
    const results = await evaluate(whole);
    writeFileSync(join(whole.out, 'responses/exam.partial.jsonl'), '[]\n');
    expect(await evaluate(whole)).toEqual(results);
    expect(readdirSync(join(whole.out, 'responses'))).toEqual(['exam.jsonl']);
  });

  it('asks again where a line of an unfinished file is none', async () => {
    const whole = await request(temporaryFolder(), countingAnswerer());
    const results = await evaluate(whole);
    const lines = readFileSync(join(whole.out, 'responses/exam.jsonl'), 'utf8').trimEnd().split('\n');
    rmSync(join(whole.out, 'responses/exam.jsonl'));
    const kept = `[${lines[2]},${lines[3]}]`;
    writeFileSync(join(whole.out, 'responses/exam.partial.jsonl'), ['[1,2]', '{}', '[]', 'null', kept, ''].join('\n'));
    const asked: number[] = [];
    expect(await evaluate({ ...whole, answerer: countingAnswerer(asked) })).toEqual(results);
    expect(asked).toEqual([4, 3, 2, 0]);
  });

  it('says where questions repeat others, and refuses two with one id', async () => {
    const whole = await request(temporaryFolder(), countingAnswerer());
    const warnings: string[] = [];
    const events = { ...silentEvents, log: (_: string, message: string) => warnings.push(message) };
    const asking = (...problems: readonly Problem[]) =>
      evaluate({
        ...{ ...whole, context: { ...whole.context, events } },
        benchmarks: whole.benchmarks.map((each) => ({ ...each, open: async () => problemList(problems) })),
      });
    const one = { prompt: '1+1', answer: '2' };
    await expect(asking({ id: 'a', ...one }, { id: 'a', ...one, answer: '3' })).rejects.toMatchObject({
      ...{ code: 'ORZ_DATA_MALFORMED', message: 'Two different questions of exam have the id a' },
    });
    await asking({ id: 'a', ...one }, { id: 'b', ...one }, { id: 'c', ...one });
    expect(warnings).toEqual([expect.stringMatching(/^exam: 2 of 3 questions repeat others/)]);
  });

  it('lowers a response limit that nobody chose to what the model has room for, and says so', async () => {
    const warnings: string[] = [];
    const whole = await request(temporaryFolder(), countingAnswerer([], { room: () => 64 }));
    const events = { ...silentEvents, log: (_: string, message: string) => warnings.push(message) };
    const results = await evaluate({ ...whole, context: { ...whole.context, events } });
    expect(results.benchmarks[0]?.sampling).toMatchObject({
      maxResponseTokens: 64,
      origin: expect.stringContaining('room for 64 tokens, not 100') as string,
    });
    expect(warnings).toEqual([expect.stringContaining('limited to 64 tokens')]);
  });

  it('refuses a chosen response limit for which there is no room', async () => {
    const whole = await request(temporaryFolder(), countingAnswerer([], { room: () => 64 }));
    await expect(evaluate({ ...whole, exactLimit: true })).rejects.toMatchObject({ code: 'ORZ_PROMPT_TOO_LONG' });
  });

  it('ends with an answerer that gives an answer twice, or leaves one out', async () => {
    const broken = (answer: Answerer['answer']): Answerer => countingAnswerer([], { answer });
    const twice = broken(async (_, __, { onAnswer }) => {
      const text = { text: '', stopReason: 'stop', responseTokens: 0 } as const;
      await onAnswer({ question: 0, sample: 0, ...text });
      await onAnswer({ question: 0, sample: 0, ...text });
    });
    await expect(evaluate(await request(temporaryFolder(), twice))).rejects.toMatchObject({ code: 'ORZ_GROUP' });
    const silent = broken(() => Promise.resolve());
    await expect(evaluate(await request(temporaryFolder(), silent))).rejects.toMatchObject({ code: 'ORZ_GROUP' });
  });
});
