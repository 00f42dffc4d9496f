import { describe } from 'vitest';
import { startOnnx, startReference } from '../compute/engine/support.js';
import { checkpointParity } from './parity.js';

describe.each([
  ['the reference backend', startReference, 'fused'],
  ['ONNX on the CPU', startOnnx, 'fused'],
  ['ONNX on the CPU, block by block', startOnnx, 'blocks'],
] as const)('a checkpoint on %s gives what transformers computes:', (_, start, programs) => {
  checkpointParity(start, programs);
});
