import { describe, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';

describe('the reference backend', () => {
  // Rounded once on output: half a unit in the last place of a float32.
  for (const check of backendConformance(async () => new ReferenceBackend(), { tolerance: 6e-8 }))
    it(check.title, check.run);
});
