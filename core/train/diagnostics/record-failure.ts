import { saveModelFolder } from '../../model-files/save-model-folder.js';
import type { Engine, StateReference } from '../../contracts/engine.js';
import type { TrainedRole } from '../../contracts/loop.js';
import type { Loss } from '../../contracts/loss.js';
import type { ModelDescription } from '../../contracts/model-source.js';
import type { Model } from '../../contracts/model.js';
import type { FileDigest, Storage } from '../../contracts/storage.js';
import { isOrzError, type OrzError } from '../../errors.js';
import { failureOfOneResponse, recordedFailure, unrecordedFailure } from './errors.js';
import { handsOutWeights, statesOf } from '../state/engine-state.js';
import { fillingFolder, writeManifest } from '../state/manifest.js';
import { encodeFailure, type FailureRecord } from './failure-file.js';
import { isolateFailure } from './isolate-failure.js';
import { describeRollout, type FailedStep, type StepFailure } from './step-failure.js';

/** What is needed to examine and record a failure. */
export interface FailureContext {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly description: ModelDescription;
  /** The losses as the updater uses them. */
  readonly losses: Readonly<Record<TrainedRole, Loss>>;
}

/**
 * Writes `failures/iteration-N.json` and the weights of the step's model next to it, after looking for the response and
 * token at fault. Returns the error to throw, which says where they are, or that they could not be written.
 */
export async function recordFailure(context: FailureContext, failure: StepFailure): Promise<OrzError> {
  const { iteration, step } = failure.site;
  const name = iteration === undefined ? 'failures/evaluation' : `failures/iteration-${iteration}`;
  try {
    const weights = await saveWeights(context, step, name);
    const narrowed = weights.weightFault === undefined ? await narrow(context, failure) : { step, error: failure };
    await context.storage.write(`${name}.json`, chunks(recordOf(failure, narrowed, weights)));
    return recordedFailure(narrowed.error, weights.weightFault, `${context.storage.location}/${name}.json`);
  } catch (cause) {
    return unrecordedFailure(failure, cause);
  }
}

interface SavedWeights {
  readonly weights: string | null;
  readonly state?: StateReference;
  readonly weightFault?: string;
}

/** Saves the current weights. Non-finite ones are the cause and cannot be loaded again: they are only named. */
async function saveWeights(context: FailureContext, step: FailedStep, name: string): Promise<SavedWeights> {
  const model = 'role' in step ? context.engine[step.role] : undefined;
  if (!model) return { weights: null };
  if (!handsOutWeights(context.engine))
    return { weights: null, state: await statesOf(context.engine).save(name.replace('/', '-')) };
  try {
    await saveWithManifest(context, name, model);
    return { weights: `${name}/${model.role}` };
  } catch (error) {
    if (isOrzError(error) && error.code === 'ORZ_NOT_FINITE') return { weights: null, weightFault: error.message };
    throw error;
  }
}

/** A record of the same iteration, from before the run was resumed, is replaced. */
async function saveWithManifest({ storage, description }: FailureContext, folder: string, model: Model): Promise<void> {
  await storage.remove(folder);
  const digests = new Map<string, FileDigest>();
  await saveModelFolder(fillingFolder(storage, folder, digests), model.role, model, description);
  await writeManifest(storage, folder, digests);
}

interface NarrowedFailure {
  readonly step: FailedStep;
  readonly error: OrzError;
}

/** Of a mini-batch, only the responses that fail alone. */
async function narrow({ engine, losses }: FailureContext, failure: StepFailure): Promise<NarrowedFailure> {
  const { step, rollouts } = failure.site;
  const model = step.stage === 'update' ? engine[step.role] : undefined;
  if (step.stage !== 'update' || !model) return { step, error: failure };
  const trial = { ...step, model, loss: losses[step.role] };
  const { sequences, members, token } = await isolateFailure(trial, step.sequences);
  const narrowed = { ...step, sequences };
  const [first] = members;
  if (members.length > 1 || first === undefined) return { step: narrowed, error: failure };
  const location = { tensor: `${step.role} gradient`, ...failure.details.location, sample: first, token };
  return { step: narrowed, error: failureOfOneResponse(failure, describeRollout(rollouts[first]), location) };
}

function recordOf(failure: StepFailure, { step, error }: NarrowedFailure, weights: SavedWeights): FailureRecord {
  const { iteration, rollouts } = failure.site;
  const { location, value } = error.details;
  const rollout = location?.sample === undefined ? undefined : rollouts[location.sample];
  return {
    format: 1,
    iteration: iteration ?? null,
    error: { code: error.code, message: error.message, value: String(value), ...(location && { place: location }) },
    ...(rollout && {
      sample: {
        rollout: rollout.index,
        problem: rollout.problem.id,
        prompt: rollout.problem.prompt,
        response: rollout.text,
      },
    }),
    ...weights,
    step,
  };
}

async function* chunks(record: FailureRecord): AsyncGenerator<Uint8Array> {
  yield* encodeFailure(record);
}
