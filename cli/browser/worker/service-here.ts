import type { FromWorker } from '../messages.js';
import { findGpu, type GpuScope } from './gpu.js';
import { TrainingService } from './training-service.js';

/** The service in the thread of the program itself; nothing is copied on its way. */
export const createServiceHere = (receive: (message: FromWorker) => void): TrainingService =>
  new TrainingService({
    post: receive,
    now: () => performance.now(),
    date: () => Date.now(),
    findGpu: () => findGpu(globalThis as unknown as GpuScope),
  });
