import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ProblemList } from '../../../core/contracts/problems.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { fileDataSettings } from '../../../plugins/data-files/settings.js';
import { createFileProblems } from '../../../plugins/data-files/source.js';
import { recordingEvents } from './files.js';

/** Published data sets; they are not part of this repository. */
const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const at = (name: string) => `${data}/${name}`;

const open = async (...train: readonly string[]) =>
  (
    await createFileProblems(
      fileDataSettings.parse({ train: train.map(at) }),
      createNodePlatform('.'),
      recordingEvents().events,
    ).open()
  ).train;
const pairs = (list: ProblemList) =>
  Array.from({ length: list.length }, (_, i) => list.at(i)).map(({ prompt, answer }) => [prompt, answer]);

describe.skipIf(!existsSync(data))('published data sets', () => {
  it.each<[name: string, form: string, length: number, lostBackslash?: number]>([
    ['train/orz_math_57k_first1967.json', 'orz-train', 1967],
    ['train/orz_math_72k_first2725.json', 'orz-train', 2725],
    ['eval/math500.json', 'orz-eval', 500],
    ['train/math_train.json', 'deepscaler', 7474, 1],
    ['train/aime_1983_2023.json', 'math', 975],
    ['train/gsm8k_train.jsonl', 'gsm8k', 7473],
    ['eval/math_test.jsonl', 'math', 3500],
    ['eval/aime2025.jsonl', 'plain', 30],
    ['eval/mmlu_stem.jsonl', 'mmlu', 3018],
    ['eval/mmlu_pro_sample.jsonl', 'mmlu-pro', 1400, 1],
    ['eval/gpqa_diamond.json', 'orz-eval', 198],
  ])('%s is of the form %s', async (name, form, length, lostBackslash = 0) => {
    const notes = lostBackslash === 0 ? [] : [expect.objectContaining({ note: 'lostBackslash', found: lostBackslash })];
    expect((await open(name)).parts).toEqual([{ name: at(name), form, length, unselected: 0, notes }]);
  });

  it('of Open-Reasoner-Zero are read as they are', async () => {
    const train = await open('train/orz_math_57k_first1967.json');
    const raw = JSON.parse(readFileSync(at('train/orz_math_57k_first1967.json'), 'utf8'));
    expect(train.at(0)).toEqual({
      id: `${at('train/orz_math_57k_first1967.json')}#1`,
      prompt: raw[0][0].value,
      answer: raw[0][1].ground_truth.value,
    });
  });

  it('of GSM8K and MATH give the same problems in their own form as in the training form', async () => {
    expect(pairs(await open('train/gsm8k_train.jsonl'))).toEqual(pairs(await open('train/gsm8k_train.orz.json')));
    expect(pairs(await open('train/math_train.json')).filter(([, answer]) => answer !== '')).toEqual(
      pairs(await open('train/math_train.orz.json')),
    );
  });

  it('of multiple choice ask for the letter, with the options below the question', async () => {
    const [question, answer] = pairs(await open('eval/mmlu_stem.jsonl'))[1]!;
    expect(question).toMatch(
      /^A frameshift mutation is created when\n\nA\. telomeric sequences are removed from DNA\nB\. .*\nC\. .*\nD\. .*$/,
    );
    expect(answer).toMatch(/^[A-D]$/);
  });
});
