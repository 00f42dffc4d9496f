import { describe, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import { skipReason, startWebGpu } from './support.js';

/** Kernels are chosen by the kind of device; a software adapter can run those of a GPU as well. */
const kinds = { 'a processor': { isCpu: true }, 'a GPU': { isCpu: false } };

describe.skipIf(skipReason !== undefined).each(Object.entries(kinds))('the webgpu backend on a software adapter, with the kernels for %s', (_, target) => {
  for (const check of backendConformance(() => startWebGpu(target), { tolerance: 1e-5 })) it(check.title, check.run);
});
