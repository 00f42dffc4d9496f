import { describe, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import { skipReason, startWebGpu } from './support.js';

const checks = (isCpu: boolean) => backendConformance(() => startWebGpu({ isCpu }), { tolerance: 1e-5 });

describe.skipIf(skipReason !== undefined)('the webgpu backend on a software adapter', () => {
  for (const check of checks(true)) it(check.title, check.run);
});

/**
 * A software adapter can run the kernels for a GPU as well; only those of products, reductions and attention differ. Every shape of a product is in
 * operations.full.test.ts: SwiftShader takes a second or two to compile one with tiles.
 */
const different = /^(sum over|max over|linear|softmax|attention|decodeAttention|sumSquares|tokenLogprob|random graphs|value and gradient of a small decoder are right$)/;

describe.skipIf(skipReason !== undefined)('the webgpu backend on a software adapter, with the kernels for a GPU', () => {
  for (const check of checks(false).filter(({ title }) => different.test(title))) it(check.title, check.run);
});
