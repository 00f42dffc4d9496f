/** The entry of the worker that trains. */
import * as z from 'zod';
import { packError } from '../../run/messages.js';
import type { FromWorker, ToWorker } from '../messages.js';
import { findGpu, type GpuScope } from './gpu.js';
import { startTrainingService } from './training-service.js';

// Compiling schemas to code would need eval, which the policy of the page forbids.
z.config({ jitless: true });

/** The part of a dedicated worker's global scope that is used. */
interface WorkerScope extends GpuScope {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ToWorker }) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const service = findGpu(scope).then((gpu) =>
  startTrainingService(
    {
      post: (message, transfer = []) => {
        scope.postMessage(message, [...transfer]);
      },
      now: () => performance.now(),
      date: () => Date.now(),
    },
    gpu,
  ),
);
service.catch((error: unknown) => {
  scope.postMessage({ kind: 'failed', error: packError(error) }, []);
});
scope.addEventListener('message', ({ data }) => {
  void service.then(
    (started) => started.receive(data),
    () => undefined,
  );
});
