import * as z from 'zod';

/** The files of the run at a checkpoint: growing ones with their size, rewritten ones by name only. */
export const recordedFiles = z.strictObject({
  appended: z.record(z.string(), z.int().min(0)),
  written: z.array(z.string()),
});
export type RecordedFiles = z.infer<typeof recordedFiles>;
