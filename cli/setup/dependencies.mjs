import { join } from 'node:path';
import { readJson } from './project.mjs';
import { runNpm } from './npm.mjs';

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
 * Installs what the lockfile asks for, if anything is missing. Install scripts do not run: no package here needs one.
 * @param {string} folder
 * @param {(line: string) => void} say
 * @returns {boolean} whether everything is there now
 */
export function ensureDependencies(folder, say) {
  const missing = missingDependencies(folder);
  if (missing.length === 0) return true;
  say(`Installing ${missing.length} packages (needs the network once) …`);
  const { ok } = runNpm(
    ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline', '--no-audit', '--no-fund'],
    { folder },
  );
  if (!ok) {
    const modules = join(folder, 'node_modules');
    say(`npm could not install the packages into ${modules}; its own message is above. Common causes: no network,`);
    say('a proxy that npm does not know (npm config set proxy …), or no right to write there. Correct that and run');
    say('the same command again; nothing else is needed.');
  }
  return ok;
}
