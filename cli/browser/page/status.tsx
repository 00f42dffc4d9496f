import { useEffect, useState } from 'preact/hooks';
import { formatDuration, formatNumber } from '../../dashboard/page/format.js';
import { ForeignText } from '../../dashboard/page/text.js';
import type { RunWarning } from '../../dashboard/shared/data.js';
import { deviceName, isActive, runTime, timeLeft, type Phase, type RunState, type RunView } from '../run-view.js';
import type { Client } from './client.js';
import { runName, type RunChoice } from './form.js';

interface StatusProps {
  readonly client: Client;
  readonly view: RunView;
  readonly choice: RunChoice;
  /** The active ones. */
  readonly warnings: readonly RunWarning[];
  readonly onAgain: () => void;
}

const stateNames: Readonly<Record<RunState, string>> = {
  starting: 'starting',
  idle: 'ready',
  running: 'training',
  pausing: 'pausing …',
  paused: 'paused',
  stopping: 'finishing the iteration …',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
};

/** The progress of the run, and what can be done with it. */
export function Status({ client, view, choice, warnings, onAgain }: StatusProps) {
  const { state, summary } = view;
  return (
    <section class="status card" aria-label="Run">
      <div class="status-head">
        <strong>
          <ForeignText text={runName(choice)} />
        </strong>
        <span class={`state ${state}`} role="status" data-state={state}>
          {stateNames[state]}
        </span>
        <span class="device muted">
          <ForeignText text={deviceName(view)} />
        </span>
        <Buttons client={client} view={view} onAgain={onAgain} />
      </div>
      <Phases view={view} />
      {summary && (
        <p>
          {summary.iterations} iterations in {formatDuration(summary.seconds)}.
        </p>
      )}
      {state === 'stopped' && <p>{stoppedText(view.metrics.length)}</p>}
      {warnings.map(({ rule, message, advice }) => (
        <p key={rule} class="warning">
          <ForeignText text={`${rule}: ${message}. ${advice}`} />
        </p>
      ))}
      {view.log.length > 0 && <Log log={view.log} />}
    </section>
  );
}

const stoppedText = (iterations: number): string =>
  iterations === 0
    ? 'Stopped before the first iteration was complete: nothing has been trained yet.'
    : `Stopped after iteration ${iterations}. Everything is kept in this page until you leave it.`;

function Buttons({ client, view, onAgain }: Pick<StatusProps, 'client' | 'view' | 'onAgain'>) {
  const hasFiles = view.batches.length > 0 || view.metrics.length > 0;
  return (
    <span class="buttons">
      {isActive(view) && <RunControls client={client} state={view.state} />}
      <button
        type="button"
        onClick={() => {
          void client.download('model');
        }}
        disabled={!hasFiles}
        title="The policy saved last: a Hugging Face folder in a tar archive"
      >
        Download model
      </button>
      <button
        type="button"
        onClick={() => {
          void client.download('run');
        }}
        disabled={!hasFiles}
        title="All files of the run: configuration, metrics, responses, checkpoints"
      >
        Download run
      </button>
      {!isActive(view) && (
        <button type="button" class="primary" onClick={onAgain}>
          Train again
        </button>
      )}
    </span>
  );
}

function RunControls({ client, state }: { readonly client: Client; readonly state: RunState }) {
  const canResume = state === 'paused' || state === 'pausing';
  return (
    <>
      <button
        type="button"
        onClick={() => {
          if (canResume) client.unpause();
          else client.pause();
        }}
        disabled={state === 'stopping'}
      >
        {canResume ? 'Resume' : 'Pause'}
      </button>
      <button
        type="button"
        onClick={() => {
          client.stop();
        }}
        disabled={state === 'stopping'}
      >
        Stop
      </button>
    </>
  );
}

const Log = ({ log }: Pick<RunView, 'log'>) => (
  <details>
    <summary class="muted">
      Log, {log.length} {log.length === 1 ? 'line' : 'lines'}
    </summary>
    <ol class="log">
      {log.map(({ level, message }, i) => (
        <li key={i} class={level}>
          <ForeignText text={message} />
        </li>
      ))}
    </ol>
  </details>
);

function Phases({ view }: { readonly view: RunView }) {
  const now = useClock(isActive(view) && view.state !== 'paused');
  return (
    <div class="phases">
      {view.phases.map((phase) => (
        <PhaseBar key={phase.id} phase={phase} time={runTime(view, now)} />
      ))}
    </div>
  );
}

function PhaseBar({ phase, time }: { readonly phase: Phase; readonly time: number }) {
  const { name, done, total, unit, started } = phase;
  const left = timeLeft(phase, time);
  return (
    <div class="phase">
      <span>{name}</span>
      <progress max={total} value={Math.min(done, total)} aria-label={name} />
      <span class="muted">
        {formatNumber(Math.floor(done))} of {formatNumber(total)} {unit},{' '}
        {formatDuration(Math.max(0, time - started) / 1000)}
        {left !== undefined && `, about ${formatDuration(left / 1000)} left`}
      </span>
    </div>
  );
}

/** The page's clock, updated twice a second while `running`. */
function useClock(running: boolean): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => {
      setNow(performance.now());
    }, 500);
    return () => {
      clearInterval(timer);
    };
  }, [running]);
  return running ? Math.max(now, performance.now()) : now;
}
