import { availableParallelism } from 'node:os';
import { badStudyFlag } from './errors.js';

/** Flags of `orz-train study` as typed. */
export interface StudyFlags {
  readonly seeds?: string;
  readonly jobs?: string;
  readonly folder?: string;
  readonly plan?: boolean;
  readonly set?: readonly string[];
  readonly markdown?: boolean;
}

/** Of `--seeds 1,2,3`; those of the study where the flag is absent. Throws ORZ_USAGE. */
export function parseSeeds(text: string | undefined, own: readonly number[]): readonly number[] {
  if (text === undefined) return own;
  const seeds = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : NaN));
  const isValid = seeds.every((seed) => seed <= 0xffff_ffff) && new Set(seeds).size === seeds.length;
  if (isValid) return seeds;
  throw badStudyFlag('--seeds', text, 'different whole numbers from 0 to 4294967295, such as 1,2,3');
}

/** Of `--jobs`; one per core where it is absent. Throws ORZ_USAGE. */
export function parseJobs(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw badStudyFlag('--jobs', text, 'a whole number, at least 1');
}
