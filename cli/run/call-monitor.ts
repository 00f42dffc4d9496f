import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { CallObserver } from '../../core/boundary/calls.js';
import { describeCall, type CallSite } from '../../core/boundary/errors.js';
import type { Part } from '../../core/boundary/part.js';

/**
 * The descriptor on which the run process tells the terminal process which call keeps its thread busy, and at last in
 * which one it exits: an empty line for none.
 */
export const busyDescriptor = 4;

/** Positions in the shared memory. */
export const cells = { call: 0, ticks: 1 } as const;

/** What the monitor thread starts with. */
export interface MonitorData {
  readonly shared: Int32Array;
}

/** A call by its number, sent to the monitor thread when it is made for the first time. */
export interface NamedCall {
  readonly id: number;
  readonly text: string;
}

/** A {@link CallObserver} with a count of everything that got done. */
export interface CallMonitor extends CallObserver {
  /** Changes whenever something got done. */
  readonly progressed: number;
}

const tickMs = 500;

/**
 * Follows the calls into plugins of this process. A call that never returns blocks this thread, so nothing here could
 * report it: a thread of its own watches, in memory that both share, whether this one still ticks, and writes the call
 * it is in to {@link busyDescriptor}.
 */
export function startCallMonitor(): CallMonitor {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const data: MonitorData = { shared };
  const thread = new Worker(new URL('./call-monitor-thread.js', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  thread.unref();
  // Without the thread a blocked run is found all the same, by its silence; only its name is missing.
  thread.on('error', () => undefined);
  setInterval(() => Atomics.add(shared, cells.ticks, 1), tickMs).unref();
  const numberOf = numberCalls((call) => thread.postMessage(call));
  let progressed = 0;
  let running: CallSite | undefined;
  process.on('exit', () => {
    if (!process.connected) return;
    try {
      writeSync(busyDescriptor, `${running === undefined ? '' : describeCall(running)}\n`);
    } catch {
      // Nobody reads it any more; an error here would keep this process from exiting.
    }
  });
  return {
    running: (site) => {
      running = site;
      Atomics.store(shared, cells.call, site === undefined ? 0 : numberOf(site));
    },
    progress: () => {
      progressed++;
    },
    get progressed() {
      return progressed;
    },
  };
}

/** A number from 1 on for each method of each part; `announce` is told of new ones. */
function numberCalls(announce: (call: NamedCall) => void): (site: CallSite) => number {
  const known = new WeakMap<Part, Map<string, number>>();
  let last = 0;
  return (site) => {
    const methods = known.get(site.part) ?? new Map<string, number>();
    const id = methods.get(site.method);
    if (id !== undefined) return id;
    known.set(site.part, methods.set(site.method, ++last));
    announce({ id: last, text: describeCall(site) });
    return last;
  };
}
