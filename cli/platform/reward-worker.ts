import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { elementAt, zip } from '../../core/arrays.js';
import { answerCheck, rewardResult } from '../../core/boundary/contracts/rewards.js';
import { Mismatch, readableCause } from '../../core/boundary/errors.js';
import { describeValue, messageOf } from '../../core/boundary/safe-text.js';
import type { RewardResult } from '../../core/contracts/data.js';
import { isOrzError } from '../../core/errors.js';
import type { AnswerCheck, GradableRollout, Reward, RewardFactory, RewardModule } from '../../core/contracts/reward.js';
import { packageRoot } from '../setup/project.mjs';
import type { WorkerFailure, WorkerJob, WorkerMessage, WorkerStart } from './reward-worker-messages.js';

/** A grading thread: loads one reward and grades what it is sent, until it is terminated. */
const port = parentPort ?? workerOnly();
const { module, beats } = workerData as WorkerStart;
const beat = new Int32Array(beats);

function workerOnly(): never {
  throw new Error('This module is loaded only as a worker thread');
}

function send(message: WorkerMessage): void {
  port.postMessage(message);
}

async function main(): Promise<void> {
  let reward: Reward;
  try {
    reward = await loadReward(module);
  } catch (error) {
    send({ kind: 'unusable', failure: failureOf(error, `the reward module ${module.moduleUrl} could not be loaded`) });
    return;
  }
  port.on('message', (job: WorkerJob) => void work(reward, job));
  send({
    kind: 'ready',
    name: reward.name,
    independent: (reward as { independent?: unknown }).independent === true,
    checks: typeof reward.checkAnswer === 'function',
  });
}

async function loadReward({ moduleUrl, exportName = 'default', settings }: RewardModule): Promise<Reward> {
  const loaded = await loadModule(moduleUrl);
  const factory = (loaded as Record<string, unknown>)[exportName];
  if (typeof factory !== 'function')
    throw new TypeError(
      `it has no ${exportName === 'default' ? 'default export' : `export '${exportName}'`} that makes a reward`,
    );
  const reward = await (factory as RewardFactory)(settings);
  if (typeof reward?.grade !== 'function' || typeof reward.name !== 'string')
    throw new TypeError(`its export '${exportName}' made something that is no reward (name and grade are needed)`);
  return reward;
}

/**
 * Rewards of this package are compiled. A user's own go through the loader of user code, which gives them this package.
 */
async function loadModule(url: string): Promise<unknown> {
  if (!url.startsWith('file:')) return import(url);
  const path = fileURLToPath(url);
  if (path.startsWith(join(packageRoot, 'dist', 'plugins'))) return import(url);
  const { importModule } = await import('../config/import-module.js');
  return importModule(path, dirname(path));
}

async function work(reward: Reward, job: WorkerJob): Promise<void> {
  for (const [piece, indices] of job.pieces.entries()) {
    const rollouts = indices.map((index) => elementAt(job.group, index));
    Atomics.add(beat, 0, 1);
    send({ kind: 'start', piece });
    try {
      send({ kind: 'result', piece, results: await resultsOf(reward, job.method, rollouts) });
    } catch (error) {
      const problem = rollouts[0]?.problem.id;
      const context = `the reward "${reward.name}" failed on problem "${problem}"`;
      send({ kind: 'failure', failure: failureOf(error, context) });
      // This is the last word on the job: a message more would be taken for one about the next.
      return;
    } finally {
      Atomics.add(beat, 0, 1);
    }
  }
  send({ kind: 'done' });
}

async function resultsOf(
  reward: Reward,
  method: WorkerJob['method'],
  rollouts: readonly GradableRollout[],
): Promise<readonly (RewardResult | AnswerCheck)[]> {
  if (method === 'check') return Promise.all(rollouts.map((rollout) => checkAnswer(reward, rollout)));
  return checked(await reward.grade(rollouts), rollouts, reward.name);
}

/** One result for every rollout: a number in the range of rewards, a known verdict, and details that are plain JSON. */
function checked(results: unknown, rollouts: readonly GradableRollout[], name: string): readonly RewardResult[] {
  const where = `the reward "${name}" on problem "${rollouts[0]?.problem.id}"`;
  if (!Array.isArray(results) || results.length !== rollouts.length) {
    const returned = Array.isArray(results) ? results.length : describeValue(results);
    throw new InvalidResult(`${where} returned ${returned} results for ${rollouts.length} rollouts`);
  }
  return Array.from(zip(results as unknown[], rollouts), ([result, { index }]) =>
    shaped(`${where}, rollout ${index}, returned`, () => rewardResult(result, '') as RewardResult),
  );
}

async function checkAnswer(reward: Reward, { problem }: GradableRollout): Promise<AnswerCheck> {
  const check: unknown = await reward.checkAnswer?.(problem);
  const context = `the reward "${reward.name}" did not say whether the answer of problem "${problem.id}" is gradable:`;
  return shaped(context, () => answerCheck(check, '') as AnswerCheck);
}

function shaped<T>(context: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const what = error.path === '' ? error.came : `the ${error.path} ${error.came}`;
    throw new InvalidResult(`${context} ${what.replaceAll('"', '')} instead of ${error.due}`);
  }
}

class InvalidResult extends Error {}

function failureOf(error: unknown, context: string): WorkerFailure {
  const whole = isOrzError(error);
  const stack = readableCause(error)?.stack;
  const text = whole || error instanceof InvalidResult ? error.message : messageOf(error);
  return {
    code: whole ? error.code : 'ORZ_REWARD_INVALID',
    message: error instanceof InvalidResult ? text : `${context}: ${text}`,
    ...(stack !== undefined && { stack }),
  };
}

await main();
