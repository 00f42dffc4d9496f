import { describe, expect, it } from 'vitest';
import type { RewardResult } from '../../../core/contracts/data.js';
import type { GradeRecord } from '../../../cli/grade/record.js';
import { Scheduler } from '../../../cli/reward-server/scheduler.js';

const record = (text: string): GradeRecord => ({
  id: text,
  gold: '',
  prompt: '',
  form: 'chat',
  text,
  stopReason: 'stop',
  config: undefined,
});
const records = (...texts: string[]) => texts.map(record);
const never = new AbortController().signal;
const result = (value: number): RewardResult => ({ value, verdict: 'wrong' });
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A grader whose records are finished by hand. */
function byHand() {
  const begun: string[] = [];
  const finish = new Map<string, (value: number) => void>();
  const fail = new Map<string, (error: Error) => void>();
  const grade = ({ text }: GradeRecord) =>
    new Promise<RewardResult>((resolve, reject) => {
      begun.push(text);
      finish.set(text, (value) => {
        resolve(result(value));
      });
      fail.set(text, reject);
    });
  return {
    begun,
    grade,
    finish: (text: string, value = 0) => finish.get(text)?.(value),
    fail: (text: string) => fail.get(text)?.(new Error(text)),
  };
}

describe('the turns of requests', () => {
  it('go round, and each gets its results in its own order', async () => {
    const { begun, grade, finish } = byHand();
    const scheduler = new Scheduler(grade, { parallel: 2, maxPairs: 100 });
    const large = scheduler.submit(records('a1', 'a2', 'a3', 'a4'), never);
    const small = scheduler.submit(records('b1', 'b2'), never);
    expect([begun, scheduler.gradingPairs, scheduler.waitingPairs]).toEqual([['a1', 'a2'], 2, 4]);
    for (const text of ['a2', 'a1', 'b1', 'a3', 'b2', 'a4']) {
      finish(text, Number(text[1]));
      await settle();
    }
    expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'b2']);
    expect((await large).map(({ value }) => value)).toEqual([1, 2, 3, 4]);
    expect((await small).map(({ value }) => value)).toEqual([1, 2]);
    expect([scheduler.gradingPairs, scheduler.waitingPairs]).toEqual([0, 0]);
  });

  it('leave out what a client that has gone still waited for', async () => {
    const { begun, grade, finish } = byHand();
    const scheduler = new Scheduler(grade, { parallel: 1, maxPairs: 4 });
    const stop = new AbortController();
    const gone = scheduler.submit(records('a1', 'a2', 'a3'), stop.signal);
    const other = scheduler.submit(records('b1'), never);
    stop.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(scheduler.waitingPairs).toBe(1);
    finish('a1');
    await settle();
    finish('b1', 1);
    expect(await other).toEqual([result(1)]);
    expect(begun).toEqual(['a1', 'b1']);
  });

  it('end for a request of which one answer fails, and for no other', async () => {
    const { begun, grade, finish, fail } = byHand();
    const scheduler = new Scheduler(grade, { parallel: 1, maxPairs: 10 });
    const bad = scheduler.submit(records('a1', 'a2'), never);
    const good = scheduler.submit(records('b1'), never);
    fail('a1');
    await expect(bad).rejects.toThrow('a1');
    await settle();
    finish('b1', 1);
    expect(await good).toEqual([result(1)]);
    expect(begun).toEqual(['a1', 'b1']);
    expect([scheduler.gradingPairs, scheduler.waitingPairs]).toEqual([0, 0]);
  });

  it('are refused when too many answers wait', async () => {
    const { grade } = byHand();
    const scheduler = new Scheduler(grade, { parallel: 1, maxPairs: 3 });
    void scheduler.submit(records('a1', 'a2'), never);
    await expect(scheduler.submit(records('b1', 'b2'), never)).rejects.toMatchObject({ status: 503 });
    expect(await scheduler.submit([], never)).toEqual([]);
  });
});
