/**
 * What `npm test` and the other scripts of a checkout run first: install what is missing, then build. `--clean` builds
 * `dist` from nothing, so that no file of an old build gets into a package.
 */
import { requireNode } from './node-version.mjs';

requireNode(); // Before anything that an old Node cannot read is imported.
const { bootstrap } = await import('./bootstrap.mjs');
if (!(await bootstrap({ clean: process.argv.includes('--clean') }))) process.exit(1);
