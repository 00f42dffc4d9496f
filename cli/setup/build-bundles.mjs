import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from './project.mjs';

const dashboard = join(packageRoot, 'cli', 'dashboard', 'page');
const browser = join(packageRoot, 'cli', 'browser');
const browserOutput = join(packageRoot, 'dist', 'browser');

/** @type {import('esbuild').BuildOptions} */
const inBrowsers = { platform: 'browser', target: ['chrome111', 'firefox113', 'safari16.4'] };

/** @type {import('esbuild').BuildOptions[]} */
const bundles = [
  {
    // The verifier on its own, in one file: reading zod's hundred files takes longer than the rest of its import.
    entryPoints: [{ in: join(packageRoot, 'plugins', 'reward-math', 'index.ts'), out: 'math' }],
    outdir: join(packageRoot, 'dist'),
    tsconfig: join(packageRoot, 'tsconfig.json'),
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
  },
  {
    // The dashboard: one script and one style sheet that import nothing, so that a report can hold them.
    entryPoints: [
      { in: join(dashboard, 'main.tsx'), out: 'page' },
      { in: join(dashboard, 'page.css'), out: 'page' },
    ],
    outdir: join(packageRoot, 'dist', 'cli', 'dashboard', 'page'),
    tsconfig: join(dashboard, 'tsconfig.json'),
    format: 'iife',
    ...inBrowsers,
  },
  {
    // What trains in a browser: the package entry, the worker, and the page, static files for any server. They share
    // their code.
    entryPoints: [
      { in: join(browser, 'library', 'index.ts'), out: 'index' },
      { in: join(browser, 'page', 'main.tsx'), out: 'page' },
      { in: join(browser, 'page', 'page.css'), out: 'page' },
      { in: join(browser, 'page', 'index.html'), out: 'index' },
      { in: join(browser, 'worker', 'main.ts'), out: 'worker' },
    ],
    outdir: browserOutput,
    tsconfig: join(browser, 'page', 'tsconfig.json'),
    format: 'esm',
    splitting: true,
    loader: { '.html': 'copy' },
    ...inBrowsers,
  },
];

/**
 * Bundles what runs in browsers, and the verifier, into `dist`. esbuild is loaded only here, once dependencies are
 * known to be there.
 * @returns {Promise<string | undefined>} the messages of esbuild, with file and line, if there are errors
 */
export async function buildBundles() {
  const esbuild = /** @type {typeof import('esbuild')} */ (createRequire(import.meta.url)('esbuild'));
  const common = /** @type {const} */ ({
    bundle: true,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  // Parts that no entry needs any more have other names.
  rmSync(browserOutput, { recursive: true, force: true });
  try {
    for (const bundle of bundles) await esbuild.build({ ...bundle, ...common });
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}
