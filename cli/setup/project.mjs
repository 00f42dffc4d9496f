import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Folder of this package's package.json, found upwards from this file: the same answer from the sources, from `dist`
 * and from an installed package.
 */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** Whether this is a checkout with sources to build; an installed package has only `dist`. */
export const isCheckout = existsSync(join(packageRoot, 'tsconfig.json'));

/** ONNX Runtime is installed in a folder of its own: its install script must not be able to fail ours. */
export const onnxRuntimeFolder = join(packageRoot, 'plugins', 'backend-onnx', 'runtime');

/** @param {string} start @returns {string} */
function findPackageRoot(start) {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (readJson(file)?.['name'] === 'open-reasoner-zero') return folder;
    if (dirname(folder) === folder) throw new Error(`No package.json of open-reasoner-zero above ${start}`);
  }
}

/**
 * The object in a file, or undefined if the file is missing or not JSON.
 * @param {string} file
 * @returns {Record<string, unknown> | undefined}
 */
export function readJson(file) {
  try {
    return /** @type {Record<string, unknown>} */ (JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // A missing or torn file means "not there yet" to every caller; they then install or build again.
  }
}
