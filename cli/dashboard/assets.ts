import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OrzError } from '../../core/errors.js';
import { packageRoot } from '../setup/project.mjs';

/** The built page: one script and one style sheet without any import. */
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
    throw new OrzError('ORZ_INTERNAL', 'The pages of the dashboard are not built', {
      origin: 'dist/cli/dashboard/page',
      cause,
      remedy: 'In a checkout: npm run prepare. In an installed package: please report this.',
    });
  }
}
