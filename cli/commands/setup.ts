import { exitCodes } from '../report-error.js';
import { fetchCuda, hasOnnxRuntime, installOnnxRuntime } from '../setup/onnx-runtime.mjs';
import { notInstalled } from './errors.js';

/**
 * `orz-train setup`: installs ONNX Runtime where install scripts were switched off; with `cuda` also its CUDA
 * libraries. Returns the exit code; throws ORZ_PLUGIN_MISSING with the reason if something cannot be installed.
 */
export async function setup({ cuda = false }: { readonly cuda?: boolean }): Promise<number> {
  const problem = (hasOnnxRuntime() ? undefined : await installOnnxRuntime()) ?? (cuda ? await fetchCuda() : undefined);
  if (problem !== undefined) throw notInstalled(problem);
  const done = cuda
    ? 'The CUDA libraries are there: choose them with --set backend.provider=cuda'
    : 'ONNX Runtime is installed.';
  process.stderr.write(`${done}\n`);
  return exitCodes.ok;
}
