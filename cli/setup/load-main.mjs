import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './project.mjs';

/**
 * The built program. Says what is missing where the installation is incomplete, and returns undefined then.
 * @returns {Promise<typeof import('../main.js').main | undefined>}
 */
export async function loadMain() {
  const built = join(packageRoot, 'dist', 'cli', 'main.js');
  try {
    const { main } = /** @type {typeof import('../main.js')} */ (await import(pathToFileURL(built).href));
    return main;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`This installation of open-reasoner-zero is incomplete: ${message}`);
    console.error('  Install it again: remove its node_modules folder and run npm install');
    return undefined;
  }
}
