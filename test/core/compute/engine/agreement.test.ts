import { describe, it } from 'vitest';
import { backendAgreement } from '../../../../core/conformance/backend-agreement.js';
import { recipeAgreement } from './agreement.js';
import { onnxTolerance, startOnnx } from './support.js';

describe('ONNX on the CPU and the reference backend', () => {
  for (const check of backendAgreement(recipeAgreement(() => startOnnx(2), onnxTolerance))) it(check.title, check.run);
});
