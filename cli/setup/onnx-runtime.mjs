import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { missingDependencies } from './dependencies.mjs';
import { installLocked, runNpm } from './npm.mjs';
import { problemOf } from './problem.mjs';
import { withProgress } from './progress.mjs';
import { onnxRuntimeFolder, packageRoot, readJson } from './project.mjs';

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
 * Installs ONNX Runtime into its own folder. Its install script downloads CUDA libraries and fails where it cannot, so
 * it does not run here; see {@link fetchCuda}.
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
export async function installOnnxRuntime() {
  const { ok, output } = await withProgress('Installing ONNX Runtime (some 100 MB, needs the network once)', () =>
    installLocked(onnxRuntimeFolder),
  );
  return ok ? undefined : problemOf('ONNX Runtime could not be installed', output);
}

/** The system for which there are CUDA libraries, as `process.platform-process.arch`. */
const cudaSystem = 'linux-x64';

/**
 * Fetches the CUDA libraries of ONNX Runtime, which must be installed, with its own install script.
 * @param {string} [system]
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
export async function fetchCuda(system = `${process.platform}-${process.arch}`) {
  const failed = 'The CUDA libraries of ONNX Runtime could not be fetched';
  if (system !== cudaSystem)
    return {
      message: `${failed}: they are made for ${cudaSystem} only, and this is ${system}`,
      remedy: 'Use the webgpu provider for the GPU (--set backend.provider=webgpu), or the processor.',
    };
  const { ok, output } = await withProgress('Fetching the CUDA libraries of ONNX Runtime (several 100 MB)', () =>
    runNpm(['rebuild', 'onnxruntime-node', '--foreground-scripts'], onnxRuntimeFolder),
  );
  if (ok && existsSync(join(onnxRuntimeFolder, cudaLibrary))) return undefined;
  const { message, remedy } = problemOf(failed, ok ? `The install script fetched nothing\n${output}` : output);
  const proxy = /proxy/.test(remedy) ? ' This download reads GLOBAL_AGENT_HTTPS_PROXY instead.' : '';
  return { message, remedy: `${remedy}${proxy} The cpu and webgpu providers work without them.` };
}

/** What the cuda provider consists of. */
const cudaLibrary = join(
  ...['node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64', 'libonnxruntime_providers_cuda.so'],
);
