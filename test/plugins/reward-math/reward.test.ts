import { describe, expect, it } from 'vitest';
import { rewardConformance } from '../../../core/conformance/index.js';
import type { GradableRollout } from '../../../core/contracts/reward.js';
import createReward from '../../../plugins/reward-math/reward.js';
import { corpus } from './corpus.js';
import { mathRewardSettings } from '../../../plugins/reward-math/settings.js';
import { readPage } from '../../docs/pages.js';

const respond = (text: string, change: Partial<GradableRollout> = {}): GradableRollout => ({
  index: 0,
  problem: { id: 'p', prompt: '', answer: '\\frac{1}{2}' },
  text,
  stopReason: 'stop',
  responseLength: 9,
  ...change,
});
const answer = (content: string): string => `thinking </think> <answer> \\boxed{${content}} </answer>`;
const grade = async (rollout: GradableRollout, settings: unknown = {}) =>
  (await createReward(settings).grade([rollout]))[0]!;

describe('the math reward', () => {
  it('gives 1 for a right answer and says which rule decided, with both normal forms', async () => {
    expect(await grade(respond(answer('0.5')))).toEqual({
      value: 1,
      verdict: 'correct',
      answer: '0.5',
      detail: { rule: 'exact', goldForm: '1/2', predictionForm: '1/2' },
    });
  });

  it('tells wrong, missing, truncated and undecidable answers apart', async () => {
    expect(await grade(respond(answer('2')))).toMatchObject({ value: 0, verdict: 'wrong', answer: '2' });
    expect(await grade(respond('the answer is \\boxed{0.5}'))).toEqual({ value: 0, verdict: 'no-answer' });
    expect(await grade(respond(answer(' ')))).toEqual({ value: 0, verdict: 'no-answer' });
    expect(await grade(respond(answer('0.5'), { stopReason: 'length' }))).toEqual({
      value: 0,
      verdict: 'truncated',
      answer: '0.5',
    });
    expect(await grade(respond('<answer>', { stopReason: 'length' }))).toEqual({ value: 0, verdict: 'truncated' });
    expect(await grade(respond(answer('100000!')))).toMatchObject({ value: 0, verdict: 'undecidable' });
  });

  it('takes answers anywhere in the text if asked to', async () => {
    const anywhere = { extraction: 'anywhere' };
    expect(await grade(respond('So the final answer is $\\frac12$.'), anywhere)).toMatchObject({
      value: 1,
      answer: '\\frac12',
    });
    expect(await grade(respond('Nothing to say.'), anywhere)).toMatchObject({ verdict: 'no-answer' });
    const letters = { extraction: 'anywhere', targets: ['string'], strings: ['A', 'B', 'C', 'D'] };
    expect(
      await grade(respond('The answer is (C).', { problem: { id: 'p', prompt: '', answer: 'C' } }), letters),
    ).toMatchObject({ value: 1 });
  });

  it.each([
    [{ strictVariables: false }, 'f(x)', 'f(y)'],
    [{ inequalityForSet: true }, '[0,1)', '0 \\le x < 1'],
    [{ precision: 2 }, '\\frac13', '0.33'],
    [{ unitConflicts: false }, '5\\text{ cm}', '5\\text{ m}'],
  ])('%o makes %s answered by %s', async (settings, gold, prediction) => {
    const rollout = respond(answer(prediction), { problem: { id: 'p', prompt: '', answer: gold } });
    expect((await grade(rollout)).value).toBe(0);
    expect((await grade(rollout, settings)).value).toBe(1);
  });

  it('takes 50 for 50%, unless it is told to be strict', async () => {
    const rollout = respond(answer('50'), { problem: { id: 'p', prompt: '', answer: '50\\%' } });
    expect((await grade(rollout)).value).toBe(1);
    expect((await grade(rollout, { percentAsNumber: false })).value).toBe(0);
  });

  it('can tell upper from lower case, and can insist on braces', async () => {
    const rollout = respond(answer('X'), { problem: { id: 'p', prompt: '', answer: 'x+0' } });
    expect((await grade(rollout)).value).toBe(1);
    expect((await grade(rollout, { caseSensitive: true })).value).toBe(0);
    expect((await grade(respond(answer('\\frac12')), { repairPrediction: false })).value).toBe(0);
  });

  it('refuses unknown or impossible settings with a clear error', () => {
    expect(() => createReward({ precison: 3 })).toThrow(
      expect.objectContaining({
        code: 'ORZ_CONFIG_INVALID',
        message: expect.stringContaining('precison') as string,
      }) as Error,
    );
    expect(() => createReward({ precision: -1 })).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }) as Error,
    );
  });

  it('documents every setting', () => {
    const guide = readPage('docs/reward.md');
    for (const [name, field] of Object.entries(mathRewardSettings.shape)) {
      expect(field.description, name).toBeTruthy();
      expect(guide, name).toContain(`\`${name}\``);
    }
    for (const { row } of corpus) expect(guide).toContain(`| ${row} |`);
  });

  it('does not take an empty gold for the answer of an empty box', async () => {
    expect((await grade(respond(answer(''), { problem: { id: 'p', prompt: '', answer: '' } }))).value).toBe(0);
    expect(await grade(respond(answer('0'), { problem: { id: 'p', prompt: '', answer: ' ' } }))).toMatchObject({
      value: 0,
      verdict: 'undecidable',
    });
  });
});

describe('reward conformance', () => {
  for (const check of rewardConformance(() => createReward({}))) it(check.title, async () => check.run());
});
