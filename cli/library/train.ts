import { silentEvents } from '../../core/silent-events.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { gatherConfig, type GatheredConfig } from '../config/gather.js';
import type { OrzConfig } from '../define-config.js';
import { measuredPlanOf, planOf, requireMachine, type MachinePlan } from '../plan.js';
import type { FromRun, RunReport } from '../run/messages.js';
import { preflight, type Finding } from '../run/preflight.js';
import { requestOf, requireBackend, startRun, startRunHere, type RunHere } from '../run/start-run.js';
import { noFolderToResume } from './errors.js';
import { EventStream } from './event-stream.js';

/** What happens in a run, in order. */
export type TrainingEvent = RunReport;

export interface ConfigOptions {
  /** Where relative paths of the configuration start; the current folder of the process if absent. */
  readonly cwd?: string;
  /** Folder of the run, over that of the configuration; if neither names one, a new folder below `cwd`/runs. */
  readonly runDir?: string;
}

export interface TrainOptions extends ConfigOptions {
  /**
   * Continue the run in `runDir`. An empty configuration keeps the settings of that run; any other one replaces them,
   * and what may change then is in docs/resume.md.
   */
  readonly resume?: boolean;
  /** With `resume`: continue even if the settings make it another experiment. */
  readonly force?: boolean;
  /** With `resume`: load the plugins that the run names, whatever they are. */
  readonly trustPlugins?: boolean;
  /** Stops the run as {@link Run.stop} does. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Called with each line that the process of the run printed, plugins included. */
  readonly onOutput?: (line: string) => void;
  /**
   * `own`, the default: a process of its own, which a watchdog follows, so that this one stays free. `this`: here,
   * where the tensor library blocks everything else while it computes.
   */
  readonly process?: 'own' | 'this';
}

/** A run that has started. Iterating it gives its events from then on, until it has ended. */
export interface Run extends AsyncIterable<TrainingEvent> {
  /** The summary; rejects with an OrzError, `ORZ_INTERRUPTED` if the run was stopped. */
  readonly result: Promise<RunSummary>;
  /** Lets the step finish, saves everything and ends the run. */
  stop(): void;
}

/**
 * Trains as `orz-train` does: checks configuration and machine, starts the run and returns it. Configuration files are
 * not read. Rejects with what the command line would print, before anything starts.
 */
export async function train(config: OrzConfig = {}, options: TrainOptions = {}): Promise<Run> {
  const { cwd = process.cwd(), onEvent, signal } = options;
  signal?.throwIfAborted();
  const gathered = await gather(config, options);
  requireMachine(await planOf(gathered.resolved, { cwd }));
  await requireBackend(gathered.resolved);
  const events = new EventStream<TrainingEvent>();
  const run = start(gathered, { ...options, cwd }, (event) => {
    onEvent?.(event);
    events.push(event);
  });
  const stop = (): void => {
    run.stop('SIGTERM');
  };
  signal?.addEventListener('abort', stop, { once: true });
  const result = run.result.finally(() => {
    signal?.removeEventListener('abort', stop);
    events.end();
  });
  // Whoever only reads the events must not be ended by a rejection that nobody waits for.
  result.catch(() => undefined);
  return { result, stop, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() };
}

export interface PlanOptions extends ConfigOptions {
  /** Measure how long the run will take: about a second on its device, in a process of its own. */
  readonly measure?: boolean;
  /** Of an hour of this machine, in dollars: the plan then says what the run costs. Only with `measure`. */
  readonly pricePerHour?: number;
}

/** What the run of a configuration would take on this machine; see docs/plan.md. */
export async function plan(config: OrzConfig = {}, options: PlanOptions = {}): Promise<MachinePlan> {
  const { cwd = process.cwd(), measure = false, pricePerHour: price } = options;
  const gathered = await gather(config, options);
  if (!measure) return planOf(gathered.resolved, { cwd });
  return measuredPlanOf(gathered, { cwd, ...(price !== undefined && { price }) });
}

/**
 * Opens everything the run of a configuration needs and says what there is and what is not: memory and disk, the run
 * folder, the device, the model, the data. Trains nothing, fetches no weights and leaves nothing behind.
 */
export async function check(config: OrzConfig = {}, options: TrainOptions = {}): Promise<Finding[]> {
  const { cwd = process.cwd(), resume = false, force = false } = options;
  const gathered = await gather(config, options);
  const request = requestOf(gathered, { cwd, resume: { required: resume, force } });
  return preflight({ gathered, plan: await planOf(gathered.resolved, { cwd }), request, events: silentEvents });
}

/** The configuration in place of a file; where a run continues without one, that of the run. */
function gather(config: OrzConfig, options: TrainOptions): Promise<GatheredConfig> {
  const { cwd = process.cwd(), runDir, resume = false, trustPlugins } = options;
  if (resume && runDir === undefined) throw noFolderToResume();
  const flags = {
    ...(runDir !== undefined && (resume ? { resume: runDir } : { runDir })),
    ...(trustPlugins !== undefined && { trustPlugins }),
  };
  const isStated = !resume || Object.keys(config).length > 0;
  const given = { label: 'configuration', folder: cwd, values: { ...config } };
  return gatherConfig(flags, cwd, isStated ? given : undefined);
}

function start(
  gathered: GatheredConfig,
  options: TrainOptions & { readonly cwd: string },
  onEvent: (event: TrainingEvent) => void,
): RunHere {
  const { cwd, resume = false, force = false, onOutput } = options;
  const startOptions = { cwd, resume: { required: resume, force }, onMessage: onEvent as (message: FromRun) => void };
  if (options.process === 'this') return startRunHere(gathered, startOptions);
  return startRun(gathered, { ...startOptions, onOutput: (line) => onOutput?.(line) });
}
