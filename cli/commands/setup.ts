import { exitCodes } from '../report-error.js';
import { ensureOnnxRuntime } from '../setup/onnx-runtime.mjs';

/**
 * `orz-train setup`: installs ONNX Runtime where install scripts were switched off; with `cuda` also its CUDA
 * libraries. Returns the exit code.
 */
export function setup({ cuda = false }: { readonly cuda?: boolean }): number {
  const say = (line: string) => {
    process.stderr.write(`${line}\n`);
  };
  if (!ensureOnnxRuntime(say, { cuda })) return exitCodes.failure;
  if (!cuda) say('ONNX Runtime is installed.');
  return exitCodes.ok;
}
