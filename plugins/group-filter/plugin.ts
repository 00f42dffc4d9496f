import * as z from 'zod';
import type { GroupFilter } from '../../core/contracts/group-filter.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const signalSettings = z.strictObject({
  maxCollections: z
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('How often an iteration samples at most to fill its batch; 1 leaves groups out and replaces none'),
});

/**
 * Only groups whose rewards differ: where all responses to a problem get the same reward, an advantage relative to the
 * group is 0 and teaches nothing. Source: the dynamic sampling of DAPO, Yu et al. 2025 (arXiv 2503.14476) §3.2, whose
 * condition, some but not all answers right, this is for a binary reward.
 */
export function createSignalFilter(settings: z.input<typeof signalSettings> = {}): GroupFilter {
  const { maxCollections } = signalSettings.parse(settings);
  return {
    name: 'signal',
    maxCollections,
    keeps: ({ results }) => results.some(({ value }) => value !== results[0]?.value),
  };
}

export default definePlugin({
  name: 'group-filter',
  provides: [
    provide('groupFilter', 'signal', {
      description: 'Replaces groups whose responses all get the same reward (dynamic sampling of DAPO)',
      settings: signalSettings,
      create: createSignalFilter,
    }),
  ],
});
