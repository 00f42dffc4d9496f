import { describe, it } from 'vitest';
import { samplerCorrectionConformance } from '../../../core/conformance/index.js';
import { createSequenceCorrection, createTokenCorrection } from '../../../plugins/sampler-correction/plugin.js';

for (const [name, create] of [
  ['token', () => createTokenCorrection()],
  ['sequence', () => createSequenceCorrection()],
] as const)
  describe(`samplerCorrection ${name}`, () => {
    for (const check of samplerCorrectionConformance(create)) it(check.title, check.run);
  });
