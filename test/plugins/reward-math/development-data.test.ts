import { describe, expect, it } from 'vitest';
import type { GradedLine } from '../../../cli/grade/grade-lines.js';
import { gradeRecords } from '../../cli/grade/math-grader.js';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { verify } from '../../../plugins/reward-math/verify.js';
import { readShared, sharedData, skipReason, type DevCase, type ResponseCase } from './shared-data.js';

const isRight = (line: GradedLine | undefined): boolean => line?.kind === 'graded' && line.value === 1;

describe('agreement with the development data', () => {
  it('at least 99% of the pairs of text, without a false accept', async ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const { cases } = JSON.parse(readShared('math-verify/dev.json')) as { cases: DevCase[] };
    const graded = await gradeRecords(cases);
    const fair = cases
      .map((one, k) => ({ ...one, got: isRight(graded[k]) }))
      .filter((one) => one.disputed === undefined);
    const differing = fair.filter((one) => one.got !== one.expected);
    expect(
      differing.filter((one) => one.got).map((one) => one.id),
      'false accepts',
    ).toEqual([]);
    expect(1 - differing.length / fair.length, JSON.stringify(differing)).toBeGreaterThanOrEqual(0.99);
  });

  it('all whole responses', async ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const { cases } = JSON.parse(readShared('math-verify/responses-dev.json')) as { cases: ResponseCase[] };
    const graded = await gradeRecords(cases);
    expect(cases.filter((one, k) => isRight(graded[k]) !== (one.expected_reward === 1)).map((one) => one.id)).toEqual(
      [],
    );
  });

  /** 10{,}000 is ten thousand; that grader did not read the braces. */
  const mistakenVerdicts = ['10{,}000 | 10000'];
  it('verdicts on 800 real completions, but for those judged by hand', ({ skip }) => {
    if (!sharedData) return skip(skipReason());
    const settings = mathRewardSettings.parse({});
    const rows = readShared('eval/rollouts_math_100x8.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { gt: string; pred: string[]; score: boolean[] });
    const differing = rows.flatMap(({ gt, pred, score }) =>
      pred.filter((p, k) => (verify(gt, p, settings).verdict === 'correct') !== score[k]).map((p) => `${gt} | ${p}`),
    );
    expect(differing).toEqual(mistakenVerdicts);
  });
});
