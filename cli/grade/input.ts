import { createReadStream, fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { missingInput } from './errors.js';

/** Bytes to grade. */
export interface Input {
  /** For messages. */
  readonly name: string;
  /** Bytes in all; undefined where only the end of the stream tells. */
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file, or standard input for `-`. Aborting `signal` ends it early, as if there were no more. */
export async function openInput(path: string, signal: AbortSignal): Promise<Input> {
  if (path === '-') return { name: 'standard input', size: sizeOfStdin(), bytes: until(signal, process.stdin) };
  const size = await sizeOf(path);
  return { name: path, size, bytes: until(signal, createReadStream(path, { highWaterMark: 1 << 18 })) };
}

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  });
  if (status === undefined || status.isDirectory()) throw missingInput(path);
  return status.isFile() ? status.size : undefined;
}

function sizeOfStdin(): number | undefined {
  try {
    const status = fstatSync(0);
    return status.isFile() ? status.size : undefined;
  } catch {
    return undefined;
  }
}

async function* until(signal: AbortSignal, stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* addAbortSignal(signal, stream) as AsyncIterable<Buffer>;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
