import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureOnnxRuntime } from './onnx-runtime.mjs';
import { isCheckout, packageRoot } from './project.mjs';

/**
 * Brings a checkout to the point where everything runs: packages, ONNX Runtime, build. Does nothing and needs no
 * network when all is there. In an installed package only `dist` exists and nothing is to be done. Without ONNX Runtime
 * the rest still works, so its absence is said and not fatal here; a run that needs it says so again.
 * @param {{ clean?: boolean }} [options] clean: build from nothing
 * @returns {boolean} whether the program can start
 */
export function bootstrap(options = {}) {
  if (!isCheckout) return true;
  const say = (/** @type {string} */ line) => {
    console.error(line);
  };
  if (!ensureDependencies(packageRoot, say)) return false;
  ensureOnnxRuntime(say);
  return ensureBuild(say, options);
}
