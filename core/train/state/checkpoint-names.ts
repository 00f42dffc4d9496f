/** Folder of all checkpoints of a run. */
export const checkpointFolder = 'checkpoints';

/** `base` holds the model before training, `final` the one of the last iteration; all others are numbered. */
export type CheckpointName = string;

export const baseCheckpoint: CheckpointName = 'base';
export const finalCheckpoint: CheckpointName = 'final';
export const checkpointOf = (iteration: number): CheckpointName => `iteration-${String(iteration).padStart(6, '0')}`;

const numbered = /^iteration-(\d{6,})$/;

/** The iteration of a numbered checkpoint; undefined for any other name. */
export function iterationOf(name: CheckpointName): number | undefined {
  const digits = numbered.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
