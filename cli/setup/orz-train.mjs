#!/usr/bin/env node
/**
 * The `orz-train` command. In a checkout it first installs and builds what is missing, so that it works right after
 * `git clone`.
 */
import { requireNode } from './node-version.mjs';

requireNode(); // Before anything that an old Node cannot read is imported.
const { bootstrap } = await import('./bootstrap.mjs');
if (!bootstrap()) process.exit(1);
const { packageRoot } = await import('./project.mjs');
const { join } = await import('node:path');
const { pathToFileURL } = await import('node:url');
// A reader that has seen enough (`| head`) is no error of ours.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
const built = pathToFileURL(join(packageRoot, 'dist', 'cli', 'main.js')).href;
const { main } = /** @type {typeof import('../main.js')} */ (await import(built));
process.exitCode = await main(process.argv.slice(2));
