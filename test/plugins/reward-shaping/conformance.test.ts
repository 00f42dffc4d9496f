import { describe, it } from 'vitest';
import { rewardShapingConformance } from '../../../core/conformance/index.js';
import { createOverlongFilter, createOverlongPenalty } from '../../../plugins/reward-shaping/plugin.js';

for (const [name, create] of [
  ['overlong-penalty', () => createOverlongPenalty()],
  ['overlong-filter', () => createOverlongFilter()],
] as const)
  describe(`rewardShaping ${name}`, () => {
    for (const check of rewardShapingConformance(create)) it(check.title, check.run);
  });
