import { countParameters, decoderParameters } from '../../../core/compute/nn/parameters.js';
import { loraOf } from '../../../core/config/schema.js';
import type { Engine } from '../../../core/contracts/engine.js';
import { isOrzError } from '../../../core/errors.js';
import { formatBytes, formatCount } from '../../../core/plan/units.js';
import { sequencesFrom } from './batch.js';
import { checkNotFinite, checkSampler } from './faults.js';
import { finding, type Finding } from './finding.js';
import { checkCriticGradient, checkGradientHere, checkLogprob, checkPolicyGradient } from './models.js';
import type { OpenedEngine } from './open.js';

/** What is known here to compare the server with. */
export interface Comparison {
  /** Opens an engine in this process with the same model. */
  open(): Promise<OpenedEngine>;
  /** Memory that it may take. */
  readonly bytes: number;
}

/** Weights, gradients and two moments of a policy in f32. */
const bytesPerParameter = 16;

/** What each setting would have to be for the engine to honour it; one line that says so if it honours all. */
export async function checkSettings({ refusals, config }: OpenedEngine): Promise<Finding[]> {
  const refused = await refusals();
  if (refused.length === 0)
    return [finding('settings of the run', true, 'the server honours all, the base model included', 'no refusal')];
  return refused.map(({ path, value, allowed }) =>
    finding(`setting ${path}`, false, JSON.stringify(value ?? config.engine.type), allowed),
  );
}

/**
 * Proves a server with the client of a run: models are made, scored, and their gradients measured with steps that
 * change nothing. Every line is told as soon as it is known. What cannot be reached throws; other failures are lines.
 */
export async function checkServer(
  opened: OpenedEngine,
  comparison: Comparison,
  tell: (found: Finding) => void,
): Promise<void> {
  const engine = await opened.create();
  try {
    const { device } = engine;
    tell(finding('server', true, [device.device, ...(device.notes ?? [])].join(', '), 'an answer'));
    await checkEngine(engine, opened, { comparison, tell });
  } finally {
    await engine.dispose();
  }
}

interface Reporting {
  readonly comparison: Comparison;
  readonly tell: (found: Finding) => void;
}

async function checkEngine(engine: Engine, opened: OpenedEngine, { comparison, tell }: Reporting): Promise<void> {
  const { policy, critic } = engine;
  const { losses, text } = opened;
  const { vocabSize } = opened.description.config;
  const sequences = sequencesFrom(text);
  const step = (what: string, work: () => Promise<readonly Finding[]>): Promise<void> =>
    work().then(
      (found) => {
        found.forEach(tell);
      },
      (error: unknown) => {
        if (!isOrzError(error) || error.code === 'ORZ_SERVER_UNREACHABLE') throw error;
        tell(finding(what, false, `${error.code} ${error.message}`, 'an answer'));
      },
    );
  await step('policy', async () => [await timed('policy', () => policy.forward(sequences))]);
  const own = await here(opened, comparison);
  try {
    await step('log-probability', async () => [await checkLogprob(policy, text, own?.policy, vocabSize)]);
    await step('policy gradient', async () => {
      const { findings, norm } = await checkPolicyGradient(policy, losses.policy, sequences);
      if (own === undefined || loraOf(opened.config) !== undefined) return findings;
      const isTied = opened.description.config.tieWordEmbeddings;
      return [...findings, await checkGradientHere(own.policy, losses.policy, { sequences, norm, isTied })];
    });
  } finally {
    await own?.dispose();
  }
  if (critic !== undefined) {
    await step('critic', async () => [await timed('critic', () => critic.forward(sequences))]);
    await step('critic gradient', () => checkCriticGradient(critic, losses.critic, sequences));
  }
  await step('sampler', async () => [await checkSampler(engine, text, vocabSize)]);
  await step('a gradient that overflows', async () => [
    await checkNotFinite(policy, losses.policy, { text, sequences }),
  ]);
}

/** That a model was made and scores. */
async function timed(role: string, score: () => Promise<readonly object[]>): Promise<Finding> {
  const start = performance.now();
  const scores = await score();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return finding(role, scores.length > 0, `made and answers after ${seconds} s`, 'an answer');
}

/** The same model here, if it is small enough. */
async function here(
  { description }: OpenedEngine,
  { open, bytes }: Comparison,
): Promise<Pick<Engine, 'policy' | 'dispose'> | undefined> {
  const parameters = countParameters(decoderParameters(description.config, 'language'));
  if (bytesPerParameter * parameters > bytes) return undefined;
  const opened = await open();
  try {
    const engine = await opened.create();
    return { policy: engine.policy, dispose: () => engine.dispose().finally(opened.close) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Why there is no comparison, for a line beside the others; undefined if there is one. */
export function comparisonNote({ description }: OpenedEngine, { bytes }: Comparison): string | undefined {
  const parameters = countParameters(decoderParameters(description.config, 'language'));
  if (bytesPerParameter * parameters <= bytes) return undefined;
  const needed = formatBytes(bytesPerParameter * parameters);
  return `${formatCount(parameters)} parameters are too many to compare here: that takes ${needed} of memory`;
}
