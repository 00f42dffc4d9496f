import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Ort from 'onnxruntime-common';
import { packageRootNotFound, runtimeNotInstalled, runtimeNotLoadable } from './errors.js';

/** The API of ONNX Runtime; `onnxruntime-node` adds the listing of its execution providers. */
export type OnnxRuntime = typeof Ort & {
  listSupportedBackends?(): { readonly name: string; readonly bundled: boolean }[];
};

export interface LocatedRuntime {
  /** Absolute path of the module to import. */
  readonly entry: string;
  readonly version: string;
  /** Worth showing: which copy is used when it is not ours, or why the user's own copy is not used. */
  readonly note?: string;
}

const packageName = 'onnxruntime-node';

/** Folder in which the package installs ONNX Runtime for itself: `plugins/backend-onnx/runtime` in the package root. */
export function runtimeFolder(): string {
  return join(packageRoot(), 'plugins', 'backend-onnx', 'runtime');
}

/**
 * Where `onnxruntime-node` is: beside this package first (a project's own copy, which may have the CUDA libraries), if
 * it has exactly the version that this backend was tested with, else in {@link runtimeFolder}. Undefined if neither is
 * there. Loads nothing.
 */
export function locateOnnxRuntime(root = packageRoot(), folder = runtimeFolder()): LocatedRuntime | undefined {
  const wanted = (readManifest(join(folder, 'package.json')) as { dependencies?: Record<string, string> } | undefined)
    ?.dependencies?.[packageName];
  const beside = resolveFrom(root);
  if (beside !== undefined && beside.version === wanted)
    return { ...beside, note: `the project's own ONNX Runtime, ${beside.entry}` };
  const found = resolveFrom(folder);
  // Node also searches the folders above.
  const own = found?.entry.startsWith(join(realpathSync(folder), 'node_modules')) === true ? found : undefined;
  if (own === undefined || beside === undefined) return own;
  return {
    ...own,
    note: `the project's own ONNX Runtime ${beside.version} is not used; this backend needs ${wanted ?? own.version}`,
  };
}

/**
 * Loads ONNX Runtime. ORZ_PLUGIN_MISSING with the command that helps if it is not installed or cannot be loaded on this
 * system.
 */
export async function loadOnnxRuntime(): Promise<{
  readonly ort: OnnxRuntime;
  readonly version: string;
  readonly note?: string;
}> {
  const located = locateOnnxRuntime();
  if (located === undefined) throw runtimeNotInstalled(runtimeFolder());
  const { entry, ...rest } = located;
  try {
    const module = (await import(pathToFileURL(entry).href)) as OnnxRuntime & { default?: OnnxRuntime };
    return { ort: module.default ?? module, ...rest };
  } catch (cause) {
    throw runtimeNotLoadable({ entry, version: located.version, folder: runtimeFolder(), cause });
  }
}

function resolveFrom(folder: string): LocatedRuntime | undefined {
  try {
    const entry = createRequire(join(folder, 'package.json')).resolve(packageName);
    const packageFolder = entry.slice(0, entry.lastIndexOf(packageName) + packageName.length);
    const manifest = readManifest(join(packageFolder, 'package.json')) as { version?: unknown } | undefined;
    return { entry, version: String(manifest?.version) };
  } catch {
    return undefined; // Not installed there; the caller decides what that means.
  }
}

/** The sources and `dist` lie at different depths below the package root, so it is searched upwards. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json')) as { name?: string } | undefined;
    if (manifest?.name === 'open-reasoner-zero') return folder;
    if (dirname(folder) === folder) throw packageRootNotFound(import.meta.url);
  }
}

function readManifest(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
