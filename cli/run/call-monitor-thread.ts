/** The thread of call-monitor.ts: says which call the main thread is in when it stops ticking. */
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { busyDescriptor, cells, type MonitorData, type NamedCall } from './call-monitor.js';

/** Longer than the pauses of a collection of garbage, or of a call into a tensor library that is nothing unusual. */
const intervalMs = 2_000;

const { shared } = workerData as MonitorData;
const names = new Map<number, string>();
parentPort?.on('message', ({ id, text }: NamedCall) => names.set(id, text));

let ticks = -1;
let told = 0;
setInterval(() => {
  const [now, call] = [Atomics.load(shared, cells.ticks), Atomics.load(shared, cells.call)];
  const name = now === ticks && call !== told ? names.get(call) : undefined;
  ticks = now;
  if (name === undefined) return;
  told = call;
  writeSync(busyDescriptor, `${name}\n`);
}, intervalMs);
