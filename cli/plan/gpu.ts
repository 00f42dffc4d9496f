import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A GPU and its memory. */
export interface Gpu {
  readonly name: string;
  readonly memoryBytes: number;
  readonly freeBytes: number;
}

const query = ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader,nounits'];
/** Milliseconds; a driver that is being loaded takes seconds. */
const patience = 10_000;

/**
 * The NVIDIA GPU that programs of this process use: the first one that CUDA_VISIBLE_DEVICES leaves. Undefined where
 * `nvidia-smi` is not at hand or does not tell: there is no other way to ask without taking memory of the GPU.
 */
export async function inspectGpu(visible = process.env['CUDA_VISIBLE_DEVICES']): Promise<Gpu | undefined> {
  const first = visible?.split(',')[0]?.trim() ?? '0';
  if (!/^(\d+|GPU-[\w-]+)$/.test(first)) return undefined;
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', [`--id=${first}`, ...query], { timeout: patience });
    return gpuOf(stdout);
  } catch {
    return undefined; // No such program, no driver, or no such GPU.
  }
}

/** The program prints a name and two numbers of MiB. */
function gpuOf(line: string): Gpu | undefined {
  const [, name, total, free] = /^(.+), *(\d+), *(\d+)\s*$/.exec(line) ?? [];
  if (name === undefined || total === undefined || free === undefined) return undefined;
  return { name, memoryBytes: Number(total) * 2 ** 20, freeBytes: Number(free) * 2 ** 20 };
}
