import { saveModelFolder } from '../../model-files/save-model-folder.js';
import type { Engine } from '../../contracts/engine.js';
import type { Loss } from '../../contracts/loss.js';
import type { Model } from '../../contracts/model.js';
import type { ModelDescription } from '../../contracts/model-source.js';
import type { Storage } from '../../contracts/storage.js';
import { isOrzError, OrzError, type NumberLocation } from '../../errors.js';
import { encodeFailure, type FailureRecord } from './failure-file.js';
import { whose, type FailedStep, type StepFailure } from './failure.js';
import { findCulprits } from './find-culprits.js';

export interface FailureParts {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly description: ModelDescription;
  /** The losses as the trainer uses them. */
  readonly losses: Readonly<Record<'policy' | 'critic', Loss>>;
}

/**
 * Writes `failures/iteration-N.json` and the weights of the step's model beside it, after looking for the response and token at fault. Returns the error to
 * throw: it says where all that is. If it cannot be written, the first error says so and is returned all the same.
 */
export async function recordFailure(parts: FailureParts, failure: StepFailure): Promise<OrzError> {
  const name =
    failure.site.iteration === undefined ? 'failures/evaluation' : `failures/iteration-${failure.site.iteration}`;
  try {
    const weights = await saveWeights(parts, failure.site.step, name);
    const narrowed =
      weights.weightFault === undefined ? await narrow(parts, failure) : { step: failure.site.step, error: failure };
    await parts.storage.write(`${name}.json`, chunks(recordOf(failure, narrowed, weights)));
    return withFile(narrowed.error, weights.weightFault, `${parts.storage.location}/${name}.json`);
  } catch (cause) {
    return new OrzError(
      failure.code,
      `${failure.message} (what would reproduce it could not be written: ${cause instanceof Error ? cause.message : String(cause)})`,
      failure.details,
    );
  }
}

interface SavedWeights {
  readonly weights: string | null;
  readonly weightFault?: string;
}

const modelOf = (engine: Engine, role: Model['role']): Model | undefined => engine[role];

/** The weights as they are now. Those that are not finite cannot be loaded again, and are the cause: then they are named and not saved. */
async function saveWeights(
  { storage, engine, description }: FailureParts,
  step: FailedStep,
  name: string,
): Promise<SavedWeights> {
  const model = 'role' in step ? modelOf(engine, step.role) : undefined;
  if (!model) return { weights: null };
  try {
    await saveModelFolder(storage, `${name}/${model.role}`, model, description);
    return { weights: `${name}/${model.role}` };
  } catch (error) {
    if (isOrzError(error) && error.code === 'ORZ_NOT_FINITE') return { weights: null, weightFault: error.message };
    throw error;
  }
}

interface Narrowed {
  readonly step: FailedStep;
  readonly error: OrzError;
}

/** Of a mini-batch, only the responses that fail by themselves. */
async function narrow({ engine, losses }: FailureParts, failure: StepFailure): Promise<Narrowed> {
  const { step, rollouts } = failure.site;
  if (step.stage !== 'update') return { step, error: failure };
  const { sequences, members, token } = await findCulprits(
    { ...step, model: modelOf(engine, step.role)!, loss: losses[step.role] },
    step.sequences,
  );
  const [first] = members;
  if (members.length > 1 || first === undefined) return { step: { ...step, sequences }, error: failure };
  const { tensor = `${step.role} gradient` } = failure.details.location ?? {};
  const place: NumberLocation = { tensor, sample: first, ...(token !== undefined && { token }) };
  const message = `${failure.message}; it comes from ${token === undefined ? '' : `response token ${token} of `}one response: ${whose(rollouts[first])}`;
  return {
    step: { ...step, sequences },
    error: new OrzError(failure.code, message, { ...failure.details, location: place }),
  };
}

function recordOf(
  { site: { iteration, rollouts } }: StepFailure,
  { step, error }: Narrowed,
  weights: SavedWeights,
): FailureRecord {
  const { location: place, value } = error.details;
  const rollout = place?.sample === undefined ? undefined : rollouts[place.sample];
  return {
    format: 1,
    iteration: iteration ?? null,
    error: { code: error.code, message: error.message, value: String(value), ...(place && { place }) },
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

function withFile(error: OrzError, weightFault: string | undefined, file: string): OrzError {
  const { remedy = 'Nothing was updated.' } = error.details;
  return new OrzError(error.code, weightFault === undefined ? error.message : `${error.message}; ${weightFault}`, {
    ...error.details,
    origin: file,
    remedy: `${remedy.replace(/\.?$/, '.')} To do the step again: orz-train replay ${file}`,
  });
}
