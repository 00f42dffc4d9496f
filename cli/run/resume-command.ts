import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOrzError, type ErrorCode } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';
import { withFurtherRemedy } from './errors.js';

/** Errors that say themselves how to continue, or that continuing in the same folder cannot correct. */
const selfExplanatory: readonly ErrorCode[] = [
  'ORZ_RESUME',
  'ORZ_RUN_LOCKED',
  'ORZ_RUN_LOST',
  'ORZ_USAGE',
  'ORZ_CANARY',
];

/** The error with the command that continues from the last checkpoint, if the run folder holds one. */
export function withResumeCommand(error: unknown, runDir: string | undefined): unknown {
  if (!isOrzError(error) || selfExplanatory.includes(error.code) || runDir === undefined) return error;
  if (error.details.remedy?.includes('--resume') === true) return error;
  if (!existsSync(join(runDir, checkpointFolder))) return error;
  return withFurtherRemedy(error, `Continue from the last checkpoint with: orz-train --resume ${shellQuote(runDir)}`);
}
