import { describe, it } from 'vitest';
import { groupFilterConformance } from '../../../core/conformance/index.js';
import { createSignalFilter } from '../../../plugins/group-filter/plugin.js';

describe('groupFilter signal', () => {
  for (const check of groupFilterConformance(() => createSignalFilter())) it(check.title, check.run);
});
