import { describe, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import type { Target } from '../../../plugins/backend-webgpu/lower/target.js';
import { skipReason, startWebGpu } from './support.js';

const checks = (target: Partial<Target>) => backendConformance(() => startWebGpu(target), { tolerance: 1e-5 });

/** With the bindings that every device has, and no more. */
describe.skipIf(skipReason !== undefined)('the webgpu backend on a software adapter', () => {
  for (const check of checks({ isCpu: true, maxBindings: 8 })) it(check.title, check.run);
});

/**
 * A software adapter can run the kernels for a GPU as well; only those of products, reductions and attention differ.
 * Every shape of a product is in operations.full.test.ts: SwiftShader takes a second or two to compile one with tiles.
 */
const beginnings =
  'sum over|max over|linear|softmax|attention|decodeAttention|sumSquares|tokenLogprob|random graphs|' +
  'value and gradient of a small decoder are right$';
const different = new RegExp(`^(${beginnings})`);

describe.skipIf(skipReason !== undefined)(
  'the webgpu backend on a software adapter, with the kernels for a GPU',
  () => {
    for (const check of checks({ isCpu: false }).filter(({ title }) => different.test(title)))
      it(check.title, check.run);
  },
);
