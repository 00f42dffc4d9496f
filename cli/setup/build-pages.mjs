import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from './project.mjs';

const page = ['cli', 'dashboard', 'page'];

/**
 * Bundles the pages of the dashboard into `dist`: one script and one style sheet that import nothing. esbuild is loaded only here, once
 * dependencies are known to be there.
 * @returns {boolean} whether they are right now; if not, esbuild has printed file and line
 */
export function buildPages() {
  const { buildSync } = /** @type {typeof import('esbuild')} */ (createRequire(import.meta.url)('esbuild'));
  const source = join(packageRoot, ...page);
  try {
    buildSync({
      entryPoints: [{ in: join(source, 'main.tsx'), out: 'page' }, { in: join(source, 'page.css'), out: 'page' }],
      outdir: join(packageRoot, 'dist', ...page), tsconfig: join(source, 'tsconfig.json'),
      bundle: true, minify: true, format: 'iife', platform: 'browser', target: ['chrome111', 'firefox113', 'safari16.4'], charset: 'utf8', legalComments: 'none', logLevel: 'warning',
    });
    return true;
  } catch {
    return false;
  }
}
