import { join } from 'node:path';
import { installLocked } from './npm.mjs';
import { problemOf } from './problem.mjs';
import { readJson } from './project.mjs';

/**
 * Names of packages that the lockfile of `folder` asks for and that are absent or of another version. npm writes its
 * record of what it installed last of all, so an interrupted installation counts as missing; one made by hand counts
 * like ours. Optional packages are left out: most are for other systems.
 * @param {string} folder
 * @returns {string[]}
 */
export function missingDependencies(folder) {
  const wanted = readPackages(join(folder, 'package-lock.json'));
  const installed = readPackages(join(folder, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted)
    .filter(([name, { version, optional }]) => name !== '' && optional !== true && installed[name]?.version !== version)
    .map(([name]) => name);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function readPackages(file) {
  return /** @type {Record<string, { version?: string, optional?: boolean }>} */ (readJson(file)?.['packages'] ?? {});
}

/**
 * Installs what the lockfile asks for. Install scripts do not run: no package here needs one.
 * @param {string} folder
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
export async function installDependencies(folder) {
  const { ok, output } = await installLocked(folder, ['--include=dev', '--include=optional']);
  return ok ? undefined : problemOf(`npm could not install the packages into ${join(folder, 'node_modules')}`, output);
}
