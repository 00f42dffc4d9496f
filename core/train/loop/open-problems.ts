import type { RunConfig } from '../../config/schema.js';
import type { RunContainer } from '../../plugin/container.js';
import type { Platform } from '../../contracts/platform.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { RunEvents } from '../../contracts/run-events.js';
import { prepareProblems, type PreparedProblems } from '../../data/prepare.js';
import { createPromptMeter } from '../../data/prompt-meter.js';
import type { Random } from '../../random.js';
import { tokenizePrompt } from './collect.js';
import { shuffledUpTo } from './loader.js';

export interface OpenProblemsRequest {
  readonly config: RunConfig;
  /** With model, data, template and reward started. */
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Opens the data of a run and puts them through its filters, with the tokenizer of the model (its weights are not read) and the reward in its threads.
 * The lengths of all prompts are for a report; training needs to know only which are too long. */
export async function openProblems(
  { config, container, platform, events, random, signal }: OpenProblemsRequest,
  lengths: 'all' | 'sample',
): Promise<PreparedProblems> {
  const problems = await container.get('data').open();
  const { tokenizer } = await container.get('model').describe({ random, events, signal });
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
      prompts: createPromptMeter(template, (problem) => tokenizePrompt({ tokenizer, template }, problem)),
      lengths,
      checkAnswers: async (batch) => {
        pool ??= await platform.createRewardPool(container.get('reward'), {
          ...config.grading,
          onIncident: (message) => {
            events.log('warn', message);
          },
        });
        return pool.check?.(batch);
      },
    });
  } finally {
    await pool?.dispose();
  }
}

/** As {@link openProblems}, for training: says in the log what was left out, keeps the report as `data.json`, and throws what stands against training. */
export async function openTrainingProblems(request: OpenProblemsRequest): Promise<PreparedProblems['problems']> {
  const { problems, report, failure } = await openProblems(request, 'sample');
  if (failure !== undefined) throw failure;
  const { events, platform } = request;
  const held = report.evaluation.map(({ name, problems: count }) => `${name} ${count}`).join(', ') || 'none';
  const found =
    report.filters
      .filter((filter) => (filter.found ?? 0) > 0)
      .map(({ filter, found: count, action }) => `${filter} ${count}${action === 'keep' ? ' (kept)' : ''}`)
      .join(', ') || 'none';
  events.log(
    'info',
    report.generated
      ? `Problems: made on demand; held out: ${held}`
      : `Problems: ${report.kept} of ${report.problems} to train on; held out: ${held}; left out: ${found}. See orz-train data`,
  );
  const contradicting = report.filters.find(({ filter }) => filter === 'duplicate')?.contradicting ?? 0;
  if (contradicting > 0)
    events.log(
      'warn',
      `${contradicting} duplicate training problems have another answer than their first occurrence, which is kept`,
    );
  await platform.storage.write('data.json', `${JSON.stringify(report, null, 2)}\n`);
  return problems;
}
