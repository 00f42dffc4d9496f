import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ProblemList } from '../../../core/contracts/problems.js';
import { createJsonProblems } from '../../../plugins/data-json/source.js';
import { errorOf, recordingEvents } from './files.js';

/** Published data sets; they are not part of this repository. */
const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const at = (name: string) => `${data}/${name}`;

const open = async (train: readonly string[], sets: readonly string[]) => {
  const { events, log } = recordingEvents();
  const source = createJsonProblems({ train: train.map((name) => at(`train/${name}`)), evaluation: Object.fromEntries(sets.map((name) => [name, at(`eval/${name}.json`)])) }, events);
  return { set: await source.open(), log };
};
const pairs = (list: ProblemList) => Array.from({ length: list.length }, (_, i) => list.at(i)).map(({ prompt, answer }) => [prompt, answer]);

describe.skipIf(!existsSync(data))('published data sets', () => {
  it('of Open-Reasoner-Zero are read whole', async () => {
    const { set, log } = await open(['orz_math_57k_first1967.json'], ['math500', 'aime2024', 'gpqa_diamond']);
    expect(log).toEqual(['info: Problems: 1963 to train on, held out: math500 500, aime2024 30, gpqa_diamond 198; left out of training: 4 repeated, 0 held out']);
    const raw = JSON.parse(readFileSync(at('train/orz_math_57k_first1967.json'), 'utf8'));
    expect(set.train.at(0)).toEqual({ id: `${at('train/orz_math_57k_first1967.json')}#1`, prompt: raw[0][0].value, answer: raw[0][1].ground_truth.value });
    expect(set.evaluation['gpqa_diamond']!.at(0).answer).toMatch(/^[A-D]$/);
  });

  it('lose the training problems that are also held out', async () => {
    expect((await open(['aime_1983_2023.orz.json'], ['aime2024', 'math500'])).log).toEqual(['info: Problems: 972 to train on, held out: aime2024 30, math500 500; left out of training: 0 repeated, 3 held out']);
  });

  it('of GSM8K give the same problems in their own form as in the training form', async () => {
    const [own, converted] = [await open(['gsm8k_train.jsonl'], []), await open(['gsm8k_train.orz.json'], [])];
    expect(own.set.train.length).toBeGreaterThan(7400);
    expect(pairs(own.set.train)).toEqual(pairs(converted.set.train));
  });

  it('with an answer missing are refused, with the record', async () => {
    const raw = JSON.parse(readFileSync(at('train/math_train.json'), 'utf8')) as { answer: unknown }[];
    const first = raw.findIndex(({ answer }) => answer === null || answer === '') + 1;
    expect((await errorOf(open(['math_train.json'], []))).details.origin).toBe(`${at('train/math_train.json')}, record ${first}`);
  });
});
