/**
 * What `npm test` and the other scripts of a checkout run first: install what is missing, then build. `--clean` builds
 * `dist` from nothing, so that no file of an old build gets into a package; `--runnable` leaves the types out, as the
 * first start of a checkout does.
 */
import { requireNode } from './node-version.mjs';

requireNode(); // Before anything that an old Node cannot read is imported.
const { bootstrap } = await import('./bootstrap.mjs');
const [clean, runnable] = ['--clean', '--runnable'].map((flag) => process.argv.includes(flag));
if (!(await bootstrap({ types: !runnable, clean }))) process.exit(1);
