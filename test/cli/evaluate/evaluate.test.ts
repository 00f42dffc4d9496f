import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { chooseBenchmarks } from '../../../cli/evaluate/choose-benchmarks.js';
import { evaluate } from '../../../cli/evaluate/evaluate.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import type { Answerer } from '../../../core/contracts/answerer.js';
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
