import type { RunConfig } from '../../config/schema.js';
import type { Platform } from '../../contracts/platform.js';
import type { ProblemSet } from '../../contracts/problems.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { RunEvents } from '../../contracts/run-events.js';
import { noteDescriptions, type NoteName } from '../../data/notes.js';
import { prepareProblems, type PreparedProblems } from '../../data/prepare.js';
import { leftOut } from '../../data/report.js';
import { createPromptMeter } from '../../data/prompt-meter.js';
import type { RunContainer } from '../../container/run-container.js';
import type { Random } from '../../random.js';
import { requireKnownSets } from '../evaluation/set-protocol.js';
import { openRewardPool } from './open-reward-pool.js';
import { encodePrompt } from './prompt-encoder.js';
import { shuffledUpTo } from './problem-loader.js';

export interface OpenProblemsRequest {
  readonly config: RunConfig;
  /** With model, data, template and reward started. */
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Opens the data of a run and puts them through its filters, with the tokenizer of the model (its weights are not read)
 * and the reward in its threads. Reports need the lengths of all prompts; training only needs to know which are too
 * long.
 */
export async function openProblems(
  { config, container, platform, events, random, signal }: OpenProblemsRequest,
  lengths: 'all' | 'sample',
): Promise<PreparedProblems> {
  const problems = await container.get('data').open();
  const model = await container.get('model').describe({ random, events, signal });
  const template = container.get('template');
  let pool: RewardPool | undefined;
  try {
    return await prepareProblems({
      problems,
      filters: config.dataFilters,
      maxPromptTokens: config.maxPromptTokens,
      maxHeldOutTokens: config.evaluation.maxPromptTokens ?? config.maxPromptTokens,
      filteredUpTo: shuffledUpTo,
      events,
      signal,
      prompts: createPromptMeter(
        (problem) => template.render(problem, model),
        (problem) => encodePrompt(model, template, problem),
      ),
      lengths,
      checkAnswers: async (batch) => {
        pool ??= await openRewardPool({ config, container, platform, events });
        return pool.check?.(batch);
      },
    });
  } finally {
    await pool?.dispose();
  }
}

const mistakes: readonly NoteName[] = ['lostBackslash', 'repeatedId'];

/**
 * As {@link openProblems}, for training: logs what was left out, saves the report as `data.json`, and throws if the
 * data are unfit for training.
 */
export async function openTrainingProblems(request: OpenProblemsRequest): Promise<ProblemSet> {
  const { problems, report, failure } = await openProblems(request, 'sample');
  if (failure !== undefined) throw failure;
  requireKnownSets(request.config, problems);
  const { events, platform } = request;
  events.log('info', summarise(report));
  const contradicting = report.filters.find(({ filter }) => filter === 'duplicate')?.contradicting ?? 0;
  if (contradicting > 0) {
    const what = 'duplicate training problems have a different answer from their first occurrence, which is kept';
    events.log('warn', `${contradicting} ${what}`);
  }
  warnOfNotes(report, events);
  await platform.storage.write('data.json', `${JSON.stringify(report, null, 2)}\n`);
  return problems;
}

/** What is likely a mistake in the files; the report has the rest too. */
function warnOfNotes({ sources, evaluation }: PreparedProblems['report'], events: RunEvents): void {
  for (const { name, notes = [] } of [...sources, ...evaluation])
    for (const { note, found, examples } of notes.filter(({ note: noted }) => mistakes.includes(noted))) {
      const first = examples.map(({ where }) => `, first ${where}`).at(0) ?? '';
      events.log('warn', `${name}: ${found} ${noteDescriptions[note]}${first}. See orz-train data`);
    }
}

function summarise(report: PreparedProblems['report']): string {
  const heldOut = report.evaluation.map(({ name, problems }) => `${name} ${problems}`).join(', ') || 'none';
  if (report.generated) return `Problems: made on demand; held out: ${heldOut}`;
  const counts = `${report.kept} of ${report.problems} to train on; held out: ${heldOut}`;
  return `Problems: ${counts}; left out: ${leftOut(report)}. See orz-train data (with the same flags)`;
}
