import { elementAt } from '../../arrays.js';
import { largestReward } from '../../boundary/contracts/rewards.js';
import type { Problem, Rollout } from '../../contracts/data.js';
import type { Refusal } from '../../contracts/engine.js';
import type { TokenScores } from '../../contracts/model.js';
import type { Completion, SampleRequest } from '../../contracts/sampler.js';
import { OrzError } from '../../errors.js';
import { shellQuote } from '../../shell-quote.js';

/** The errors of the training loop. */

const completionsInOrder =
  'Correct the sampler: it must return every sample of every request once, under its own numbers.';

/** Settings that the engine would not honour: all of them at once. */
export function settingsRefused(
  engine: string,
  refusals: readonly Refusal[],
  originOf: (path: string) => string,
): OrzError {
  const listed = refusals.map(({ path, value, allowed }) => `${path} is ${JSON.stringify(value)}, allowed: ${allowed}`);
  const which = refusals.length === 1 ? 'a setting' : `${refusals.length} settings`;
  return new OrzError('ORZ_CAPABILITY', `Engine '${engine}' would not honour ${which}: ${listed.join('; ')}`, {
    value: Object.fromEntries(refusals.map(({ path, value }) => [path, value])),
    origin: refusals.map(({ path }) => `${path} from ${originOf(path)}`).join(', '),
    remedy: refusals.map(({ remedy }) => remedy).join(' '),
  });
}

/** The weights of a base model were asked for although the engine has them. */
export const weightsAtEngine = (): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The weights of the base model are with the engine', {
    allowed: 'a description of the base model, without its weights',
    origin: 'engine',
    remedy: 'Report it to the author of the engine: with `hasWeights`, `create` must not read the weights.',
  });

export function unknownSample(
  { request, sample }: Completion,
  requests: readonly SampleRequest[],
  from: string,
): OrzError {
  const { count } = requests[request] ?? elementAt(requests, 0);
  return new OrzError('ORZ_GROUP', `A completion claims to be sample ${sample} of request ${request}`, {
    value: [request, sample],
    allowed: `requests 0 to ${requests.length - 1}, samples 0 to ${count - 1}`,
    origin: from,
    remedy: completionsInOrder,
  });
}

export function logprobsMisaligned({ request, sample, tokens, logprobs }: Completion, from: string): OrzError {
  const counts = `${tokens.length} tokens and ${logprobs.length} log-probabilities`;
  return new OrzError('ORZ_GROUP', `Sample ${sample} of request ${request} has ${counts}`, {
    value: [tokens.length, logprobs.length],
    allowed: 'one log-probability per token',
    origin: from,
    remedy: completionsInOrder,
  });
}

export function responseTooLong({ request, sample, tokens }: Completion, limit: number, from: string): OrzError {
  return new OrzError('ORZ_GROUP', `Sample ${sample} of request ${request} has ${tokens.length} tokens`, {
    value: tokens.length,
    allowed: `at most ${limit} (maxResponseTokens)`,
    origin: from,
    remedy: 'Correct the sampler: it must end a response at the limit of its request.',
  });
}

export function unknownToken(
  { request, sample }: Completion,
  [token, vocabSize]: readonly [number, number],
  from: string,
): OrzError {
  return new OrzError('ORZ_GROUP', `Sample ${sample} of request ${request} holds the token ${token}`, {
    value: token,
    allowed: `0 to ${vocabSize - 1}`,
    origin: from,
    remedy: 'Correct the sampler: the model has no such token.',
  });
}

export function incompleteGroup(
  problem: Problem,
  [completions, samples]: readonly [number, number],
  from: string,
): OrzError {
  return new OrzError('ORZ_GROUP', `Problem "${problem.id}" has ${completions} completions`, {
    value: completions,
    allowed: String(samples),
    origin: from,
    remedy: completionsInOrder,
  });
}

export function rolloutOutOfOrder(rollout: Rollout, first: Rollout, from = 'collector'): OrzError {
  const groups = `belongs to problem "${rollout.problem.id}", its group to "${first.problem.id}"`;
  return new OrzError('ORZ_GROUP', `Rollout ${rollout.index} ${groups}`, {
    value: rollout.index,
    origin: from,
    remedy: 'Return whole groups, in order of problem and sample.',
  });
}

export function noRollouts(iteration: number): OrzError {
  return new OrzError('ORZ_GROUP', `Iteration ${iteration} has no rollouts to train on`, {
    value: 0,
    allowed: 'at least one group',
    origin: 'collector',
    remedy: 'Keep at least one group per iteration, or stop the run from a metric sink.',
  });
}

export function wrongResultCount({ id }: Problem, [results, due]: readonly [number, number], from: string): OrzError {
  const message = `The reward returned ${results} results for a group of ${due}, from ${from}`;
  return new OrzError('ORZ_REWARD_INVALID', message, {
    value: results,
    allowed: String(due),
    origin: id,
    remedy: 'Return one result per rollout, in order.',
  });
}

/** A reward with the part it came from, in words. */
interface WrongReward {
  readonly value: number;
  readonly from: string;
}

const nameOfReward = (problem: Problem, sample: number): string =>
  `The reward of problem "${problem.id}", sample ${sample}`;

export function rewardTooLarge(problem: Problem, sample: number, { value, from }: WrongReward): OrzError {
  return new OrzError('ORZ_REWARD_INVALID', `${nameOfReward(problem, sample)} is ${value}`, {
    value,
    allowed: `-${largestReward} to ${largestReward}`,
    origin: from,
    remedy: 'Scale the reward: training computes in float32, whose sums of squares must not overflow.',
  });
}

export function rewardNotFinite(problem: Problem, sample: number, { value, from }: WrongReward): OrzError {
  return new OrzError('ORZ_NOT_FINITE', `${nameOfReward(problem, sample)} is ${value}`, {
    value: String(value),
    allowed: 'finite numbers',
    origin: from,
    location: { tensor: 'reward', sample },
    remedy: 'Correct the reward so that it always returns a finite number; nothing was updated.',
  });
}

export function metricNotFinite(name: string, value: number, iteration: number): OrzError {
  return new OrzError('ORZ_NOT_FINITE', `The metric ${name} is ${value}`, {
    value: String(value),
    allowed: 'finite numbers',
    origin: `iteration ${iteration}`,
    remedy: 'Look at the rollouts of this iteration; the last checkpoint is not affected.',
  });
}

export function promptTooLong(problem: Problem, tokens: number, maximum: number): OrzError {
  return new OrzError('ORZ_PROMPT_TOO_LONG', `The prompt of problem "${problem.id}" has ${tokens} tokens`, {
    value: tokens,
    allowed: `at most ${maximum} (maxPromptTokens)`,
    origin: problem.id,
    remedy: 'Raise maxPromptTokens, or leave the problem out.',
  });
}

export function promptNotTokenizable(problem: Problem, { code, message, details }: OrzError): OrzError {
  return new OrzError(code, `The prompt of problem "${problem.id}" cannot be tokenised: ${message}`, {
    ...details,
    origin: problem.id,
  });
}

export function missingScores(name: keyof TokenScores): OrzError {
  return new OrzError('ORZ_INTERNAL', `A model returned no ${name}`, {
    value: name,
    origin: 'engine',
    remedy: 'Report it to the author of the engine: a policy scores logprobs and entropy, a critic values.',
  });
}

export function noSuchModel(role: string): OrzError {
  return new OrzError('ORZ_INTERNAL', `This run has no ${role} to update`, {
    value: role,
    origin: 'updater',
    remedy: 'Choose an advantage that needs a critic, or update only the policy.',
  });
}

export function noTrainingProblems(): OrzError {
  return new OrzError('ORZ_DATA_EMPTY', 'There are no training problems', {
    value: 0,
    allowed: 'at least one problem',
    origin: 'data',
    remedy: 'Check the paths and the filters with orz-train data and the --preset, --config and --set of this run.',
  });
}

export function problemsChanged(startedWith: string, now: string): OrzError {
  return new OrzError('ORZ_RESUME', describeChangedProblems(startedWith, now), {
    value: now,
    allowed: startedWith,
    origin: 'data',
    remedy: 'Restore the data files, train in another folder, or continue with --force.',
  });
}

export const describeChangedProblems = (startedWith: string, now: string): string =>
  `The problems are not those the run was started with: ${startedWith} → ${now} (name, number, fingerprint)`;

export function interrupted(iteration: number, location: string, reason: unknown): OrzError {
  return new OrzError('ORZ_INTERRUPTED', `Stopped after iteration ${iteration}; everything is saved`, {
    ...(reason !== undefined && { value: reason }),
    origin: location,
    remedy: `Continue with: orz-train --resume ${shellQuote(location)}`,
  });
}

/** Two terms of the policy loss change a number of the same name. */
export const controlNameTaken = (name: string, loss: string, term: string): OrzError =>
  new OrzError('ORZ_PLUGIN_INVALID', `Two parts of the policy loss have a control "${name}"`, {
    value: name,
    origin: `the loss "${loss}" and the term "${term}"`,
    remedy: 'Rename the control in the plugin.',
  });
