import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../setup/project.mjs';
import { pagesNotBuilt } from './errors.js';

/** The built page: one script and one style sheet, without imports. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** Throws ORZ_INTERNAL if the package was built without its pages. */
export async function loadAssets(): Promise<PageAssets> {
  const read = (name: string): Promise<string> =>
    readFile(join(packageRoot, 'dist', 'cli', 'dashboard', 'page', name), 'utf8');
  try {
    return { script: await read('page.js'), style: await read('page.css') };
  } catch (cause) {
    throw pagesNotBuilt(cause);
  }
}
