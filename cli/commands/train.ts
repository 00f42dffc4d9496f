import colors from 'picocolors';
import { shellQuote } from '../../core/shell-quote.js';
import { clusterSteps } from '../cluster/advice.js';
import { nameConfigFile } from '../config/find-config.js';
import { gatherConfig, isResumed, type ConfigFlags, type GatheredConfig } from '../config/gather.js';
import { withOwnCommand } from '../invocation.js';
import { measuredPlanOf, planLines, planOf, requireMachine, type MachinePlan } from '../plan.js';
import { exitCodeOf, exitCodeOfSignal, exitCodes } from '../report-error.js';
import type { FromRun, RunRequest, StopSignal } from '../run/messages.js';
import { preflight } from '../run/preflight.js';
import type { RunProcess } from '../run/run-process.js';
import { requestOf, requireBackend, startRun } from '../run/start-run.js';
import { screenEvents } from '../screen-events.js';
import type { RunView } from '../terminal/contracts.js';
import { findingsText } from '../terminal/findings-text.js';
import { printable } from '../terminal/format.js';
import { isLive } from '../terminal/is-live.js';
import { createPlainScreen, localTimestamp } from '../terminal/plain-screen.js';
import { createRunView } from '../terminal/run-view.js';
import { createScreen } from '../terminal/screen.js';
import { summaryText } from '../terminal/summary-text.js';
import { jsonWithoutDryRun, notAPrice } from './errors.js';

export interface TrainFlags extends ConfigFlags {
  /** Print the plan and exit. */
  readonly dryRun?: boolean;
  /** Open everything the run needs, print every problem, and exit. */
  readonly check?: boolean;
  /** Print the plan as JSON; only with `dryRun`. */
  readonly json?: boolean;
  /** Of an hour, as typed. */
  readonly price?: string;
}

/**
 * `orz-train`: checks everything, prints the plan, executes the run in a process of its own, prints the summary.
 * Returns the exit code.
 */
export async function train({
  dryRun = false,
  check = false,
  json = false,
  price,
  ...flags
}: TrainFlags): Promise<number> {
  if (json && !dryRun) throw jsonWithoutDryRun();
  const gathered = await gatherConfig(flags, process.cwd());
  // A run says itself how long it takes, after its first iteration; it need not begin later for that.
  const measures = dryRun || check || price !== undefined;
  const plan = measures
    ? await measuredPlanOf(gathered, { ...(price !== undefined && { price: priceOf(price) }) })
    : await planOf(gathered.resolved);
  if (json) return printJson(gathered, plan);
  const print = dryRun || check || isLive(process.stdout) ? printText : createPlainScreen(process.stdout).line;
  const steps = plan.cluster && clusterSteps(plan.cluster, { name: gathered.name, flags });
  const heading = [...headingLines(gathered, dryRun || check), ...tooLarge(steps)];
  print([...heading, ...planLines(plan), ...unreadFile(flags)].join('\n'));
  if (check) return checkRun(gathered, plan, flags);
  requireMachine(plan, steps);
  if (dryRun) return exitCodes.ok;
  await requireBackend(gathered.resolved);
  const summary = await trainInView(gathered, flags);
  print(summaryText(summary));
  return exitCodes.ok;
}

function priceOf(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw notAPrice(text);
  return Number(text);
}

/** What to do with a run that only a cluster can hold: the first thing that is said. */
const tooLarge = (steps: readonly string[] | undefined): string[] =>
  steps === undefined
    ? []
    : ['  too large for this machine; on a cluster:', ...steps.map((step) => `    ${withOwnCommand(step)}`)];

function printText(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printJson({ preset, resolved: { config } }: GatheredConfig, plan: MachinePlan): number {
  printText(JSON.stringify({ preset, seed: config.seed, ...plan }, null, 2));
  return plan.missing.memory + plan.missing.disk > 0 ? exitCodes.resources : exitCodes.ok;
}

/** Prints what there is and every problem; the exit code is that of the first one. */
async function checkRun(gathered: GatheredConfig, plan: MachinePlan, flags: ConfigFlags): Promise<number> {
  const screen = createScreen(process.stderr);
  const request = requestOf(gathered, { cwd: process.cwd(), resume: resumeOf(flags) });
  const steps = plan.cluster && clusterSteps(plan.cluster, { name: gathered.name, flags });
  const findings = await preflight({
    gathered,
    plan,
    request,
    events: screenEvents(screen),
    ...(steps && { clusterSteps: steps }),
  });
  screen.close();
  printText(findingsText(findings));
  const [first] = findings.filter(({ problem }) => problem !== undefined);
  return first === undefined ? exitCodes.ok : exitCodeOf(first.problem);
}

const resumeOf = ({ resume, force }: ConfigFlags): NonNullable<RunRequest['resume']> => ({
  required: resume !== undefined,
  force: force === true,
});

/** A log says when it began; its further lines carry only the time of day. */
function headingLines({ name, preset, resolved: { config } }: GatheredConfig, dryRun: boolean): string[] {
  const what = preset === undefined ? `run ${name}` : `preset ${preset}`;
  const heading = `${colors.bold('orz-train')}  ${printable(what)}, seed ${config.seed}`;
  return [dryRun || isLive(process.stdout) ? heading : `${heading}, started ${localTimestamp(new Date())}`];
}

/**
 * A line about a configuration file that would have counted for a new run: whoever has just changed it expects its
 * settings.
 */
function unreadFile(flags: ConfigFlags): string[] {
  const file = isResumed(flags) && flags.config !== false ? nameConfigFile(process.cwd()) : undefined;
  if (file === undefined) return [];
  return [`  settings      those of the run; ${file} is not read: add --config ${shellQuote(file)} for that`];
}

async function trainInView(gathered: GatheredConfig, flags: ConfigFlags) {
  const view = createRunView({
    name: gathered.name,
    iterations: gathered.resolved.config.iterations,
    output: process.stdout,
    input: process.stdin,
    // A handler of the run's signals is listening; see handleSignals.
    onStop: () => {
      process.emit('SIGINT', 'SIGINT');
    },
  });
  const run = startRun(gathered, {
    cwd: process.cwd(),
    resume: resumeOf(flags),
    onMessage: (message) => {
      view.onMessage(withOwnCommands(message));
    },
    onOutput: (line) => {
      view.line(printable(line));
    },
  });
  const stopListening = handleSignals(run, view);
  try {
    return await run.result;
  } finally {
    stopListening();
    view.close();
  }
}

/** Commands in log messages, as they have to be typed here. */
const withOwnCommands = (message: FromRun): FromRun =>
  message.kind === 'log' ? { ...message, message: withOwnCommand(message.message) } : message;

/**
 * The first Ctrl-C, or another signal to stop, lets the step finish and saves; a second one stops at once. Returns what
 * removes the handlers.
 */
function handleSignals(run: RunProcess, view: RunView): () => void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked) {
      run.kill();
      view.close();
      process.stderr.write('Stopped at once; what was saved before stays.\n');
      process.exit(exitCodeOfSignal(signal));
    }
    asked = true;
    view.stopping();
    run.stop(signal as StopSignal);
  };
  const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
