/** The entry of the worker that trains. */
import * as z from 'zod';
import type { FromWorker, ToWorker } from '../messages.js';
import { findGpu, type GpuScope } from './gpu.js';
import { TrainingService } from './training-service.js';

// Compiling schemas to code would need eval, which the policy of the page forbids.
z.config({ jitless: true });

/** The part of a dedicated worker's global scope that is used. */
interface WorkerScope extends GpuScope {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const service = new TrainingService({
  post: (message, transfer = []) => {
    scope.postMessage(message, [...transfer]);
  },
  now: () => performance.now(),
  date: () => Date.now(),
  findGpu: () => findGpu(scope),
});
scope.addEventListener('message', ({ data }) => {
  void service.receive(data);
});
