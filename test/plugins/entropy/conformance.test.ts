import { describe, it } from 'vitest';
import { entropyConformance } from '../../../core/conformance/index.js';
import { createAdaptiveEntropy, createEntropyBonus } from '../../../plugins/entropy/plugin.js';
import { createTestBackend } from '../../fixtures/loss-inputs.js';

for (const [name, create] of [
  ['bonus', () => createEntropyBonus()],
  ['adaptive', () => createAdaptiveEntropy()],
] as const)
  describe(`entropy ${name}`, () => {
    for (const check of entropyConformance({ create, createBackend: createTestBackend })) it(check.title, check.run);
  });
