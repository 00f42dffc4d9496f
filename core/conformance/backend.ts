import type { Backend } from '../contracts/backend.js';
import { bufferChecks } from './backend/buffers.js';
import { categoricalChecks } from './backend/categorical.js';
import { donationChecks } from './backend/donation.js';
import { elementwiseChecks } from './backend/elementwise.js';
import { fusionChecks } from './backend/fusion.js';
import type { BackendUnderTest } from './backend/harness.js';
import { macroOperationChecks } from './backend/macro-operations.js';
import { randomGraphChecks } from './backend/random-graphs.js';
import { storageChecks } from './backend/storage.js';
import { structureChecks } from './backend/structure.js';
import { trainingChecks } from './backend/training.js';
import type { ConformanceCheck } from './check.js';

export interface BackendConformanceOptions {
  /**
   * Largest difference from float64 results, relative to 1 + |expected|; by default 2e-5, float32 sums over some
   * hundred terms.
   */
  readonly tolerance?: number;
}

/**
 * What every {@link Backend} must do: each operation and macro-op on odd shapes, combinations that invite wrong
 * fusions, donation and aliasing, lifetime of buffers, gradients as programs, random graphs, determinism. Results are
 * compared with an interpreter in float64. `create` is called for each check; what it returns is disposed afterwards.
 */
export function backendConformance(
  create: () => Promise<Backend>,
  options: BackendConformanceOptions = {},
): ConformanceCheck[] {
  const test: BackendUnderTest = { create, tolerance: options.tolerance ?? 2e-5 };
  return [
    elementwiseChecks,
    structureChecks,
    macroOperationChecks,
    categoricalChecks,
    fusionChecks,
    bufferChecks,
    donationChecks,
    storageChecks,
    trainingChecks,
    randomGraphChecks,
  ].flatMap((checks) => checks(test));
}
