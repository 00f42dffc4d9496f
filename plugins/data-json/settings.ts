import { z } from 'zod';

/** Settings of the data `orz-json`. Paths are relative to the current folder. */
export const jsonDataSettings = z.strictObject({
  train: z.array(z.string().min(1)).min(1).describe('Files with problems to train on'),
  evaluation: z.record(z.string().min(1), z.string().min(1)).describe('File of each held-out set, by name of the set; {} for none'),
});

export type JsonDataSettings = z.infer<typeof jsonDataSettings>;
