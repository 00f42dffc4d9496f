import { environmentFactsShape, environmentStep, episode } from '../boundary/contracts/environments.js';
import { Mismatch } from '../boundary/errors.js';
import type { EpisodeState, PoolStep } from '../contracts/environment-pool.js';
import type { Action, Environment, EnvironmentStep, Episode } from '../contracts/environment.js';

/** What the loop must know of an environment. */
export type EnvironmentFacts = Pick<Environment, 'stop' | 'maxTurns'>;

/** Throws a {@link Mismatch} unless the environment says when a turn and a response end. */
export function environmentFacts(environment: Environment): EnvironmentFacts {
  const { stop, maxTurns } = environmentFactsShape(environment, '') as Environment;
  return { stop, maxTurns };
}

/** Checks what an environment answers; a {@link Mismatch} becomes an error that begins with `context`. */
export type CheckAnswer = <T>(context: string, check: () => T) => T;

/** Episodes that are remembered at most: the one that waited longest is closed, and begun again if it goes on. */
const remembered = 1024;

interface Remembered {
  readonly episode: Episode;
  /** Actions that it has answered. */
  steps: number;
}

/** Episodes of one environment in this thread: each goes on where it was, or from the beginning if it is not known. */
export class Episodes {
  /** In the order in which they were last asked. */
  private readonly known = new Map<number, Remembered>();

  constructor(private readonly environment: Environment) {}

  /** The answer to the last action of a state. */
  async step(state: EpisodeState, check: CheckAnswer): Promise<PoolStep> {
    const { actions } = state;
    const known = this.known.get(state.episode);
    const current = known?.steps === actions.length - 1 ? known : await this.begin(state, check);
    let answer: PoolStep = beforeTheFirst(current.episode);
    for (const action of actions.slice(current.steps)) {
      if (answer.done !== false) check(where(this.environment, state), repeatedOtherwise);
      answer = await this.answer(current, action, { state, check });
    }
    if (answer.done) await this.forget(state.episode);
    else await this.remember(state.episode, current);
    return answer;
  }

  private async begin(state: EpisodeState, check: CheckAnswer): Promise<Remembered> {
    await this.forget(state.episode);
    const begun = await this.environment.reset(state.problem, state.key);
    const checked = check(`${where(this.environment, state)} began`, () => {
      if (typeof begun?.step !== 'function') throw new Mismatch('', 'an episode without step', 'an episode with step');
      return episode(begun, '') as Episode;
    });
    return { episode: checked, steps: 0 };
  }

  private async answer(
    current: Remembered,
    action: Action,
    { state, check }: { readonly state: EpisodeState; readonly check: CheckAnswer },
  ): Promise<EnvironmentStep> {
    const step: unknown = await current.episode.step(action);
    current.steps++;
    return check(
      `${where(this.environment, state)}, rollout ${state.index}, returned`,
      () => environmentStep(step, '') as EnvironmentStep,
    );
  }

  private async remember(id: number, current: Remembered): Promise<void> {
    this.known.delete(id);
    this.known.set(id, current);
    const [oldest] = this.known.keys();
    if (this.known.size > remembered && oldest !== undefined) await this.forget(oldest);
  }

  private async forget(id: number): Promise<void> {
    const known = this.known.get(id);
    this.known.delete(id);
    await known?.episode.close?.();
  }
}

const beforeTheFirst = ({ observation }: Episode): PoolStep =>
  observation === undefined ? { done: false } : { done: false, observation };

const where = ({ name }: Environment, { problem }: EpisodeState): string =>
  `the environment "${name}" on problem "${problem.id}"`;

function repeatedOtherwise(): never {
  throw new Mismatch(
    '',
    'done at an action that it had answered otherwise before',
    'the same answers to the same actions',
  );
}
