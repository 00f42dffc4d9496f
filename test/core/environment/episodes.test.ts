import { describe, expect, it } from 'vitest';
import type { EpisodeState } from '../../../core/contracts/environment-pool.js';
import type { Environment, EnvironmentStep } from '../../../core/contracts/environment.js';
import { environmentFacts, Episodes } from '../../../core/environment/episodes.js';

const problem = { id: 'p', prompt: '1+1', answer: '2' };
const check = <T>(context: string, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    throw new Error(`${context}: ${(error as Error).message}`, { cause: error });
  }
};

/** Answers with what it has heard so far, and ends at `stop`. */
function listening(calls: string[] = []): Environment {
  return {
    name: 'listening',
    stop: [],
    maxTurns: 8,
    reset: ({ id }, key) => {
      calls.push(`reset ${id} ${key.join()}`);
      const heard: string[] = [];
      return {
        observation: 'go',
        step: async ({ text }) => {
          calls.push(`step ${text}`);
          heard.push(text);
          return text === 'stop' ? { done: true, reward: heard.length } : { done: false, observation: heard.join() };
        },
        close: () => {
          calls.push('close');
        },
      };
    },
  };
}

const state = (texts: readonly string[], episode = 1): EpisodeState => ({
  index: 5,
  episode,
  problem,
  key: [7, 2],
  actions: texts.map((text) => ({ text, stopReason: 'stop' })),
});

describe('episodes', () => {
  it('go on where they were, and are closed at their end', async () => {
    const calls: string[] = [];
    const episodes = new Episodes(listening(calls));
    expect(await episodes.step(state([]), check)).toEqual({ done: false, observation: 'go' });
    expect(await episodes.step(state(['a']), check)).toEqual({ done: false, observation: 'a' });
    expect(await episodes.step(state(['a', 'b']), check)).toEqual({ done: false, observation: 'a,b' });
    expect(await episodes.step(state(['a', 'b', 'stop']), check)).toEqual({ done: true, reward: 3 });
    expect(calls).toEqual(['reset p 7,2', 'step a', 'step b', 'step stop', 'close']);
  });

  it('begin anew where they are not known, with the same answer', async () => {
    const calls: string[] = [];
    expect(await new Episodes(listening(calls)).step(state(['a', 'b']), check)).toEqual({
      done: false,
      observation: 'a,b',
    });
    expect(calls).toEqual(['reset p 7,2', 'step a', 'step b']);
  });

  it('are forgotten when there are many, the one that waited longest first', async () => {
    const calls: string[] = [];
    const episodes = new Episodes(listening(calls));
    for (let episode = 0; episode <= 1024; episode++) await episodes.step(state(['a'], episode), check);
    expect(calls.filter((call) => call === 'close')).toHaveLength(1);
    calls.length = 0;
    await episodes.step(state(['a', 'b'], 5), check);
    expect(calls).toEqual(['step b']);
    calls.length = 0;
    expect(await episodes.step(state(['a', 'b'], 0), check)).toEqual({ done: false, observation: 'a,b' });
    expect(calls.slice(0, 3)).toEqual(['reset p 7,2', 'step a', 'step b']);
  });

  it('are refused an answer that the contract does not know, by name', async () => {
    const answering = (step: unknown): Environment => ({
      ...listening(),
      reset: () => ({ step: () => step as EnvironmentStep }),
    });
    const refused = async (step: unknown): Promise<unknown> =>
      new Episodes(answering(step)).step(state(['a']), check).catch((error: unknown) => String(error));
    const where = /the environment "listening" on problem "p", rollout 5, returned/;
    for (const step of [undefined, { done: 1 }, { done: false }, { done: false, observation: 3 }])
      expect(await refused(step)).toMatch(where);
    expect(await refused({ done: true, reward: NaN })).toMatch(/reward/);
    expect(await refused({ done: true, reward: 1e9 })).toMatch(/reward/);
    const broken = { ...listening(), reset: () => undefined as never };
    await expect(new Episodes(broken).step(state([]), check)).rejects.toThrow('episode');
  });

  it('notice an environment that answers the same actions otherwise', async () => {
    let resets = 0;
    const fickle: Environment = {
      ...listening(),
      reset: () => {
        resets++;
        return { step: () => (resets > 1 ? { done: true } : { done: false, observation: '' }) };
      },
    };
    const episodes = new Episodes(fickle);
    await episodes.step(state(['a']), check);
    await expect(episodes.step(state(['a', 'b', 'c']), check)).rejects.toThrow('answered otherwise before');
  });

  it('need an environment that says when turns end', () => {
    expect(environmentFacts(listening())).toEqual({ stop: [], maxTurns: 8 });
    for (const wrong of [{ maxTurns: 0 }, { maxTurns: 5000 }, { stop: [''] }, { stop: 'x' }])
      expect(() => environmentFacts({ ...listening(), ...wrong } as Environment)).toThrow();
  });
});
