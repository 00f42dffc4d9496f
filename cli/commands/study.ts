import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shellQuote } from '../../core/shell-quote.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { studyCatalog } from '../../presets/studies/index.js';
import { asMarkdown, asText } from '../evaluate/report/document.js';
import { withOwnCommand } from '../invocation.js';
import { planOf, requireMachine } from '../plan.js';
import { exitCodes } from '../report-error.js';
import { requireBackend } from '../run/start-run.js';
import { screenEvents } from '../screen-events.js';
import { stopOnSignal } from '../stop-on-signal.js';
import { makeBase } from '../study/base-model.js';
import { readCurves, resultsOf } from '../study/collect.js';
import { studyDocument } from '../study/document.js';
import { studyInterrupted, studyRunsFailed } from '../study/errors.js';
import { gatherStudy } from '../study/gather-arms.js';
import { loadStudy, parseStudy, type LoadedStudy } from '../study/load-study.js';
import { parseJobs, parseSeeds, type StudyFlags } from '../study/options.js';
import { distinctRuns, planRuns, type PlannedArm, type StudyRun } from '../study/plan-runs.js';
import { iterationsLeft, planText, timeText, type StudyProgress } from '../study/plan-text.js';
import { progressOf } from '../study/read-run.js';
import { trainRuns } from '../study/train-runs.js';
import { createStudyView } from '../study/view.js';
import { writeResults } from '../study/write-results.js';
import { printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';
import type { Screen } from '../terminal/contracts.js';

/**
 * `orz-train study`: trains all runs of a study that are not finished, compares the arms and writes the results;
 * without a name lists the shipped studies. Returns the exit code.
 */
export async function study(named: string | undefined, flags: StudyFlags): Promise<number> {
  if (named === undefined) return listStudies();
  const { folder = 'runs/studies', set = [], markdown = false } = flags;
  const jobs = parseJobs(flags.jobs);
  const loaded = await loadStudy(named, process.cwd());
  const seeds = parseSeeds(flags.seeds, loaded.study.seeds);
  const arms = await planRuns(await gatherStudy(loaded, set, process.cwd()), seeds, folder);
  const progress = await progressOfAll(arms);
  if (flags.plan === true) {
    print(`${planText(arms, progress)}\n${await timeText(arms, progress, jobs)}`);
    return exitCodes.ok;
  }
  await train(arms, progress, jobs);
  const curves = await readCurves(arms);
  const results = resultsOf({ study: loaded.study, set, seeds, arms, curves });
  const out = join(folder, loaded.study.name);
  await writeResults(out, { results, curves, command: commandOf(loaded, flags) });
  const document = studyDocument(results);
  print(markdown ? asMarkdown(document) : asText(document));
  process.stderr.write(`Results are in ${printable(out)}: report.html shows them (${reportUrl(out)})\n`);
  return exitCodes.ok;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const reportUrl = (out: string): string => pathToFileURL(resolve(out, 'report.html')).href;

function listStudies(): number {
  for (const shipped of studyCatalog.values()) {
    const { name, title, question, arms, seeds } = parseStudy(shipped, shipped.name);
    const names = arms.map((arm) => arm.name).join('; ');
    print(`${name}  ${title}\n  ${question}\n  ${arms.length} arms × ${seeds.length} seeds: ${names}`);
  }
  print(withOwnCommand('\nSee what one would train: orz-train study NAME --plan'));
  return exitCodes.ok;
}

async function progressOfAll(arms: readonly PlannedArm[]): Promise<StudyProgress> {
  const entries = distinctRuns(arms).map(async ({ name, folder }) => [name, await progressOf(folder)] as const);
  return new Map(await Promise.all(entries));
}

/** Base models, then all runs that are not finished. */
async function train(arms: readonly PlannedArm[], progress: StudyProgress, jobs: number): Promise<void> {
  const all = distinctRuns(arms);
  const runs = all.filter(({ name }) => progress.get(name)?.state !== 'finished');
  if (runs.length === 0) return;
  for (const { gathered } of arms) {
    requireMachine(await planOf(gathered.resolved));
    await requireBackend(gathered.resolved);
  }
  const stop = stopOnSignal();
  const screen = createScreen(process.stderr);
  try {
    const counts = { runs: all.length, finished: all.length - runs.length, todo: iterationsLeft(runs, progress) };
    screen.line(`${counts.runs} runs, ${counts.finished} of them finished; up to ${jobs} at a time`);
    await makeBases(runs, screenEvents(screen), stop.signal);
    await trainInView(runs, screen, { counts, jobs, signal: stop.signal });
    if (stop.signal.aborted) throw await interrupted(arms, String(stop.signal.reason));
  } catch (error) {
    throw stop.signal.aborted ? await interrupted(arms, String(stop.signal.reason)) : error;
  } finally {
    stop.dispose();
    screen.close();
  }
}

async function makeBases(runs: readonly StudyRun[], events: RunEvents, signal: AbortSignal): Promise<void> {
  const bases = new Map(runs.flatMap(({ base }) => (base === undefined ? [] : [[base.name, base] as const])));
  for (const base of bases.values()) await makeBase(base, events, signal);
}

interface Training {
  readonly counts: Parameters<typeof createStudyView>[1];
  readonly jobs: number;
  readonly signal: AbortSignal;
}

async function trainInView(runs: readonly StudyRun[], screen: Screen, { counts, ...options }: Training): Promise<void> {
  const events = createStudyView(screen, counts);
  const announce = (): void => {
    screen.line('Stopping: runs finish their step and save; Ctrl-C again stops at once');
  };
  options.signal.addEventListener('abort', announce, { once: true });
  try {
    const failures = await trainRuns(runs, { ...options, cwd: process.cwd(), events });
    if (failures.length > 0) throw studyRunsFailed(failures);
  } finally {
    options.signal.removeEventListener('abort', announce);
    events.close();
  }
}

async function interrupted(arms: readonly PlannedArm[], signal: string): Promise<Error> {
  const progress = [...(await progressOfAll(arms)).values()];
  const finished = progress.filter(({ state }) => state === 'finished').length;
  return studyInterrupted(signal, finished, progress.length);
}

/** What trains the study again, without where and how fast. */
function commandOf({ named }: LoadedStudy, { seeds, set = [] }: StudyFlags): string {
  const name = studyCatalog.has(named) ? named : `./${relative(process.cwd(), resolve(named))}`;
  const flags = [...(seeds === undefined ? [] : ['--seeds', seeds]), ...set.flatMap((setting) => ['--set', setting])];
  return ['orz-train study', ...[name, ...flags].map(shellQuote)].join(' ');
}
