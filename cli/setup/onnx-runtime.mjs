import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { missingDependencies } from './dependencies.mjs';
import { runNpm } from './npm.mjs';
import { onnxRuntimeFolder, packageRoot, readJson } from './project.mjs';

/** The one command that installs ONNX Runtime by hand. */
export const onnxRuntimeCommand = `npm ci --ignore-scripts --prefix "${onnxRuntimeFolder}"`;

/** Whether ONNX Runtime is installed in its folder. */
export const hasOnnxRuntime = () =>
  existsSync(join(onnxRuntimeFolder, 'node_modules')) && missingDependencies(onnxRuntimeFolder).length === 0;

/**
 * Whether the onnx backend will find ONNX Runtime: in its folder, or beside this package in exactly the version it
 * wants.
 */
export function hasUsableOnnxRuntime() {
  if (hasOnnxRuntime()) return true;
  const wanted = readJson(join(onnxRuntimeFolder, 'package.json'))?.['dependencies'];
  try {
    const entry = createRequire(join(packageRoot, 'package.json')).resolve('onnxruntime-node');
    const folder = entry.slice(0, entry.lastIndexOf('onnxruntime-node') + 'onnxruntime-node'.length);
    const { version } = readJson(join(folder, 'package.json')) ?? {};
    return /** @type {Record<string, unknown> | undefined} */ (wanted)?.['onnxruntime-node'] === version;
  } catch {
    return false; // Not installed beside this package.
  }
}

/**
 * Installs ONNX Runtime into its own folder if it is not there. Its install script downloads CUDA libraries and fails
 * where it cannot, so it runs only with `cuda`.
 * @param {(line: string) => void} say
 * @param {{ cuda?: boolean }} [options]
 * @returns {boolean} whether it is there now
 */
export function ensureOnnxRuntime(say, { cuda = false } = {}) {
  if (!hasOnnxRuntime()) {
    say('Installing ONNX Runtime (some 100 MB, needs the network once) …');
    const { ok, output } = runNpm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
      folder: onnxRuntimeFolder,
      quiet: true,
    });
    if (!ok) {
      say(output.trim());
      say(`ONNX Runtime could not be installed. With a network, run:\n  ${onnxRuntimeCommand}`);
      return false;
    }
  }
  return cuda ? addCuda(say) : true;
}

/** @param {(line: string) => void} say */
function addCuda(say) {
  say('Fetching the CUDA libraries of ONNX Runtime (several 100 MB) …');
  const { ok } = runNpm(['rebuild', 'onnxruntime-node', '--foreground-scripts'], { folder: onnxRuntimeFolder });
  say(
    ok
      ? 'Done. Choose them with --set backend.provider=cuda.'
      : 'The CUDA libraries could not be fetched; the message above says why. ' +
          'The cpu and webgpu providers work without them.',
  );
  return ok;
}
