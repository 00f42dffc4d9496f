import * as z from 'zod';

const name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^/\\#?%:]+$/, 'without any of / \\ # ? % :');

export const wandbSettings = z.strictObject({
  project: name.default('open-reasoner-zero').describe('Project at W&B'),
  entity: name.optional().describe('User or team at W&B; absent: that of whoever runs `wandb sync`'),
  group: name.optional().describe('Group of runs at W&B, for example the seeds of one experiment'),
});

export type WandbSettings = z.infer<typeof wandbSettings>;
