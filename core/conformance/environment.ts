import { messageOf } from '../boundary/safe-text.js';
import type { EpisodeState, PoolStep } from '../contracts/environment-pool.js';
import type { Action, Environment } from '../contracts/environment.js';
import type { Problem } from '../contracts/data.js';
import { environmentFacts, Episodes } from '../environment/episodes.js';
import { requireThat, type ConformanceCheck } from './check.js';
import { notConforming } from './errors.js';
import { hostileResponses } from './reward.js';

type Create = () => Environment | Promise<Environment>;

/** What a check tries an environment with; whatever is left out is taken from the arithmetic task. */
export interface EnvironmentExamples {
  readonly problem?: Problem;
  /** Turns that a policy may write to get on, such as calls. */
  readonly turns?: readonly string[];
}

const arithmetic: Problem = { id: 'conformance/0', prompt: '1+1', answer: '2' };

const stopped = (text: string): Action => ({ text, stopReason: 'stop' });

/**
 * Properties of an {@link Environment}. `create` makes a fresh one for each check. Nothing here says what it answers,
 * only that its answers cannot break a run. A step that never returns is found by the time limit of the test runner.
 */
export function environmentConformance(
  create: Create,
  { problem = arithmetic, turns = [] }: EnvironmentExamples = {},
): ConformanceCheck[] {
  const actions = [...turns, ...hostileResponses].map(stopped);
  const check = (title: string, body: (environment: Environment) => Promise<void>): ConformanceCheck => ({
    title,
    run: async () => body(await create()),
  });
  const player = (environment: Environment): Player => new Player(new Episodes(environment), problem, 0);
  return [
    check('says what ends a turn and how many turns there are', async (environment) => {
      asInRun('its members', () => environmentFacts(environment));
    }),
    check('answers every turn with an observation or an end, whatever a model wrote', async (environment) => {
      for (const action of actions) {
        await player(environment).play([action]);
        await player(environment).play([{ ...action, stopReason: 'length' }]);
      }
    }),
    check('goes on after turns that got it nowhere', async (environment) => {
      await player(environment).play(actions);
    }),
    check('gives the same answers to the same turns, in another thread too', async (environment) => {
      const first = JSON.stringify(await player(environment).play(actions));
      requireThat(
        first === JSON.stringify(await player(environment).play(actions)),
        'a second time it answered otherwise',
      );
      const other = player(await create());
      requireThat(first === JSON.stringify(await other.play(actions)), 'another thread would answer otherwise');
    }),
    check('keeps episodes apart', async (environment) => {
      const alone = await player(environment).play(actions);
      const together = new Episodes(environment);
      const [left, right] = [0, 1].map((episode) => new Player(together, problem, episode)) as [Player, Player];
      const answers: PoolStep[] = [];
      for (let n = 0; n < alone.length; n++) {
        answers.push(await left.step(actions.slice(0, n)));
        await right.play(actions.toReversed().slice(0, n + 1));
      }
      requireThat(JSON.stringify(answers) === JSON.stringify(alone), 'another episode changed its answers');
    }),
    check('does not change the problem', async (environment) => {
      const before = JSON.stringify(problem);
      await player(environment).play(actions);
      requireThat(JSON.stringify(problem) === before, 'it changed the problem');
    }),
  ];
}

/** Plays an episode as the stepping threads of a run do. */
class Player {
  constructor(
    private readonly episodes: Episodes,
    private readonly problem: Problem,
    private readonly episode: number,
  ) {}

  /** Its answers up to the end, or to the last action; the observation before the first turn comes first. */
  async play(actions: readonly Action[]): Promise<PoolStep[]> {
    const answers: PoolStep[] = [];
    for (let n = 0; n <= actions.length; n++) {
      const answer = await this.step(actions.slice(0, n));
      answers.push(answer);
      if (answer.done !== false) break;
    }
    return answers;
  }

  /** The answer to the last of the actions. */
  async step(actions: readonly Action[]): Promise<PoolStep> {
    const { problem, episode } = this;
    const state: EpisodeState = { index: episode, episode, problem, key: [1, 0], actions };
    try {
      return await this.episodes.step(state, asInRun);
    } catch (error) {
      throw notConforming(messageOf(error), actions.at(-1)?.text.slice(0, 60));
    }
  }
}

/** Refuses what a run would refuse. */
function asInRun<T>(context: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw notConforming(`${context}: ${messageOf(error)}`);
  }
}
