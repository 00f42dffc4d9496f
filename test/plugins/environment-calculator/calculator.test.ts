import { describe, expect, it } from 'vitest';
import { environmentConformance } from '../../../core/conformance/index.js';
import type { Action } from '../../../core/contracts/environment.js';
import createCalculator from '../../../plugins/environment-calculator/calculator.js';
import plugin from '../../../plugins/environment-calculator/plugin.js';

const problem = { id: 'p', prompt: '3+5+9', answer: '17' };
const answer = async (text: string, stopReason: Action['stopReason'] = 'stop') =>
  (await createCalculator({}).reset(problem, [1, 0])).step({ text, stopReason });

describe('the calculator', () => {
  for (const check of environmentConformance(() => createCalculator({}), {
    problem,
    turns: ['Maybe 3.Wait,<calc>3+5+9</calc>', '<calc>3+</calc>', '.</think><answer>\\boxed{17}</answer>'],
  }))
    it(check.title, check.run);

  it('adds what stands between the tags at the end of a turn', async () => {
    expect(await answer('Maybe 3.Wait,<calc>3+5+9</calc>')).toEqual({ done: false, observation: '17' });
    expect(await answer('<calc>99</calc>')).toEqual({ done: false, observation: '99' });
    expect(await answer('<calc>1+1</calc>2.<calc>2+10</calc>')).toEqual({ done: false, observation: '12' });
  });

  it('says nothing to a call that is no sum, however long', async () => {
    const calls = ['', '+', '3+', '1+100', '3=3', 'User:', '1'.repeat(100_000), `1${'+1'.repeat(100_000)}`];
    for (const call of calls) expect(await answer(`<calc>${call}</calc>`)).toEqual({ done: false, observation: '' });
    expect(await answer('</calc>')).toEqual({ done: false, observation: '' });
  });

  it('takes every other turn as the last', async () => {
    expect(await answer('<calc>3+5</calc>8.</think><answer>\\boxed{8}</answer>')).toEqual({ done: true });
    expect(await answer('<calc>3+5', 'length')).toEqual({ done: true });
    expect(await answer('')).toEqual({ done: true });
  });

  it('is a module of its own, with a limit on turns', async () => {
    const [calculator] = plugin.provides;
    const module = (await calculator?.create({ maxTurns: 3 } as never, {} as never)) as { moduleUrl: string };
    const { default: create } = (await import(module.moduleUrl)) as { default: typeof createCalculator };
    expect(create({ maxTurns: 3 })).toMatchObject({ maxTurns: 3, stop: ['</calc>'] });
    expect(() => create({ maxTurns: 0 })).toThrow();
  });
});
