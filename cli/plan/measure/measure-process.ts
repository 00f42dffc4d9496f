import { fork } from 'node:child_process';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import type { Layer } from '../../../core/config/layers.js';
import type { PlanRequest } from '../../../core/plan/types.js';
import { computingEnvironment } from '../../platform/computing-environment.js';
import type { PlainError } from '../../run/messages.js';
import type { MeasuredSpeed } from './measure-speed.js';

/** What a measurement is made of: plain data. */
export interface MeasurementRequest {
  readonly layers: readonly Layer[];
  /** Absolute paths of the user's plugins. */
  readonly plugins: readonly string[];
  readonly request: PlanRequest & { readonly architecture: DecoderConfig };
}

/** The speed, or why there is none; a fault is one that the run would end with, too. */
export type FromMeasurement =
  { readonly measured: MeasuredSpeed } | { readonly problem: string } | { readonly fault: PlainError };

/** Milliseconds after which a run is planned without a time. */
const patience = 30_000;

/**
 * Measures in a process of its own: what a device keeps, above all memory of a GPU, is gone before the run starts, and
 * a driver that crashes or hangs takes nothing with it.
 */
export function measureInProcess(request: MeasurementRequest): Promise<FromMeasurement> {
  const child = fork(new URL('child.js', import.meta.url), [], {
    env: computingEnvironment(process.env), // As the run will have it.
    serialization: 'advanced',
    stdio: 'ignore',
  });
  child.send(request, () => undefined); // A process that is gone is reported by its exit.
  return new Promise<FromMeasurement>((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ problem: `it took longer than ${patience / 1000} s` });
    }, patience);
    child.once('message', (message: FromMeasurement) => {
      resolve(message);
    });
    child.once('error', (error) => {
      resolve({ problem: error.message });
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ problem: `its process ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}
