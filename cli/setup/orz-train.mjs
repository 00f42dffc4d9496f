#!/usr/bin/env node
/**
 * The `orz-train` command. In a checkout it first installs and builds what is missing, so that it works right after
 * `git clone`.
 */
import { requireNode } from './node-version.mjs';

requireNode(); // Before anything that an old Node cannot read is imported.
// A reader that has seen enough (`| head`) is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (/** @type {NodeJS.ErrnoException} */ { code, message }) => {
    if (code !== 'EPIPE' && stream === process.stdout) console.error(`The output could not be written: ${message}`);
    process.exit(code === 'EPIPE' ? 0 : 1);
  });
const { bootstrap } = await import('./bootstrap.mjs');
if (!(await bootstrap({ types: false }))) process.exit(1);
const { loadMain } = await import('./load-main.mjs');
const main = await loadMain();
process.exitCode = main === undefined ? 1 : await main(process.argv.slice(2));
