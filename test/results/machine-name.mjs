import { availableParallelism, cpus } from 'node:os';

/** This machine as the reports name it: processor, threads, version of Node. */
export function machineName() {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${processor}, ${availableParallelism()} threads, Node ${process.version}`;
}
