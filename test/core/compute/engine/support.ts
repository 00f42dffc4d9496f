import { exampleRequest, type EngineUnderTest } from '../../../../core/conformance/engine/harness.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Engine, EngineRequest } from '../../../../core/contracts/engine.js';
import {
  createLocalEngine,
  localEngineSettings,
  type LocalEngineSettings,
} from '../../../../core/compute/engine/local-engine.js';
import type { LocalModel } from '../../../../core/compute/engine/local-model.js';
import { createOnnxBackend } from '../../../../plugins/backend-onnx/start.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';

export type Settings = Partial<LocalEngineSettings>;

/** Small micro-batches and rows, so that the example sequences need several of each. */
export const smallBatches = { microBatchTokens: 96, rowTokens: 16, maxSlots: 8 } as const satisfies Settings;

export const startReference = async (): Promise<Backend> => new ReferenceBackend();
export const startOnnx = (threads = 1): Promise<Backend> => createOnnxBackend({ provider: 'cpu', threads });

/** An engine on a backend that outlives it. */
export const createEngine = (
  backend: Backend,
  settings: Settings = {},
  request: Partial<EngineRequest> = {},
): Promise<Engine> =>
  createLocalEngine(localEngineSettings.parse({ ...smallBatches, ...settings }), backend).create(
    exampleRequest(request),
  );

/** The local engine on one backend for all checks, as the conformance suites ask for it. */
export const underTest = (backend: () => Backend, settings: Settings, tolerance: number): EngineUnderTest => ({
  tolerance,
  create: (request) => createEngine(backend(), settings, request),
});

/** Rounding to f32 after float64 arithmetic: the reference backend rounds only what enters a buffer. */
export const referenceTolerance = 1e-6;
/** f32 arithmetic in sums of up to a few hundred terms. */
export const onnxTolerance = 2e-5;

/** The accumulated gradient of a local model, without a step. */
export async function accumulatedGradient(
  backend: Backend,
  model: Engine['policy'],
): Promise<Map<string, Float32Array>> {
  const { parameters } = model as LocalModel;
  const gradients = new Map<string, Float32Array>();
  for (const { name } of parameters.specs)
    gradients.set(name, (await backend.read(parameters.gradient(name))) as Float32Array);
  return gradients;
}
