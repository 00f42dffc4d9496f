import { describe } from 'vitest';
import { checkpointParity } from '../../core/model-files/parity.js';
import { skipReason, startWebGpu } from './support.js';

describe.skipIf(skipReason !== undefined)('a checkpoint on webgpu gives what transformers computes:', () => {
  checkpointParity(() => startWebGpu(), 'fused');
});
