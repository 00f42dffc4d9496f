import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { extractAnswer } from '../../../plugins/reward-math/extract-answer.js';
import { answerAnywhere } from '../../../plugins/reward-math/answers.js';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { readShared, sharedData, skipReason } from './shared-data.js';

interface LabelledPair {
  readonly id: string;
  readonly gold: string;
  readonly prediction: string;
  readonly value: 0 | 1;
}

const settings = mathRewardSettings.parse({});
const valueOf = (gold: string, prediction: string): number =>
  verify(gold, prediction, settings).verdict === 'correct' ? 1 : 0;
const readLines = <T>(path: string): T[] =>
  readShared(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

describe('faults found from outside', () => {
  it('are mended, every one', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const pairs = readLines<LabelledPair>('cases/verifier-faults.jsonl');
    expect(pairs.filter(({ gold, prediction, value }) => valueOf(gold, prediction) !== value)).toEqual([]);
  });

  it('variants that small models write are judged right', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const pairs = readLines<LabelledPair>('cases/realistic-variants.jsonl');
    expect(pairs.filter(({ gold, prediction, value }) => valueOf(gold, prediction) !== value)).toEqual([]);
  });

  it('situations of public reports are right', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const root = new URL('cases/public-reports/', sharedData);
    const folders = readdirSync(root).filter((name) => existsSync(new URL(`${name}/expected.jsonl`, root)));
    const wrong = folders.flatMap((folder) => {
      const expected = readLines<{ value: number }>(`cases/public-reports/${folder}/expected.jsonl`);
      const inputs = readLines<{ gold: string; response?: string; prediction?: string }>(
        `cases/public-reports/${folder}/input.jsonl`,
      );
      return inputs.filter(({ gold, response, prediction }, k) => {
        const answer = response === undefined ? answerAnywhere(prediction ?? '', settings) : extractAnswer(response);
        return valueOf(gold, answer ?? '') !== expected[k]?.value;
      });
    });
    expect(wrong).toEqual([]);
  });
});
