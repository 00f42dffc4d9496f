import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { Screen, ScreenPhase } from '../terminal/contracts.js';
import { formatDuration, formatNumber, printable } from '../terminal/format.js';
import type { FromRun } from '../run/messages.js';
import type { StudyRun } from './plan-runs.js';
import type { StudyEvents } from './train-runs.js';

/** A run that is being trained, as it is shown. */
interface ShownRun {
  readonly phase: ScreenPhase;
  done: number;
}

/**
 * The progress of a study on a screen: a line for each run that is being trained, and one for all of them together with
 * the time left. `finished` of the `runs` were so before, and `todo` iterations are not done yet.
 */
export function createStudyView(
  screen: Screen,
  { runs, finished: before, todo }: { readonly runs: number; readonly finished: number; readonly todo: number },
  now: () => number = () => performance.now(),
): StudyEvents & { close(): void } {
  const all = screen.phase('study', Math.max(1, todo), 'iterations');
  const shown = new Map<StudyRun, ShownRun>();
  let [finished, done] = [before, 0];
  const started = now();
  const timeLeft = (): string => {
    const ms = done > 0 && done < todo ? ((now() - started) * (todo - done)) / done : 0;
    return ms > 1000 ? `, about ${formatDuration(ms)} left` : '';
  };
  const line = (run: StudyRun, text: string): void => {
    screen.line(printable(`${run.label}: ${text}`));
  };
  const advance = (run: StudyRun, iteration: number, metrics: Metrics | undefined, counts: boolean): void => {
    const known = shown.get(run);
    if (known === undefined) return;
    if (counts) done += Math.max(0, iteration - known.done);
    known.done = Math.max(known.done, iteration);
    known.phase.progress(iteration, noteOf(metrics));
    all.progress(done, `${finished} of ${runs} runs finished`);
  };
  return {
    onStart: (run) => {
      shown.set(run, { phase: screen.phase(printable(run.label), run.iterations, 'iterations'), done: 0 });
    },
    onMessage: (run, message) => {
      if (message.kind === 'metrics') advance(run, Number(message.metrics['iteration']), message.metrics, true);
      else if (message.kind === 'history') advance(run, message.iteration, message.metrics.at(-1), false);
      else if (isWarning(message)) line(run, firstSentence(message.message));
    },
    onOutput: line,
    onWaiting: (run) => {
      line(run, 'is being trained by another process, and is waited for');
    },
    onFinished: (run) => {
      shown.get(run)?.phase.end();
      shown.delete(run);
      finished++;
      line(run, `finished (${finished} of ${runs}${timeLeft()})`);
    },
    close: () => {
      for (const { phase } of shown.values()) phase.end();
      all.end();
    },
  };
}

/** A warning has advice behind it, which the report of the run shows. */
const firstSentence = (message: string): string => /^.*?\.(?= [A-Z]|$)/s.exec(message)?.[0] ?? message;

const isWarning = (message: FromRun): message is Extract<FromRun, { kind: 'log' }> =>
  message.kind === 'log' && message.level === 'warn';

function noteOf(metrics: Metrics | undefined): string | undefined {
  const reward = metrics?.['reward'];
  return typeof reward === 'number' ? `reward ${formatNumber(reward)}` : undefined;
}
