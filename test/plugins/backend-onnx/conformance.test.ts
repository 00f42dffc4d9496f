import { describe, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import { startCpu } from './support.js';

describe('the onnx backend on the CPU', () => {
  // float32 inside, in sums of up to a thousand products, against the float64 interpreter.
  for (const check of backendConformance(() => startCpu(2), { tolerance: 2e-5 })) it(check.title, check.run);
});
