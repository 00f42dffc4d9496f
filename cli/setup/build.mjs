import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundles } from './build-bundles.mjs';
import { isCheckout, packageRoot } from './project.mjs';

const sources = ['core', 'plugins', 'presets', 'cli', 'tsconfig.json', 'package-lock.json'];
const stamp = join(packageRoot, 'dist', '.built');

/**
 * Latest modification time (ms) of a file or of everything in a folder; folders count, so that a removed file is
 * noticed.
 * @param {string} path
 * @returns {number}
 */
export function newestChange(path) {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => (name === 'node_modules' ? newest : Math.max(newest, newestChange(join(path, name)))),
    status.mtimeMs,
  );
}

/** Whether `dist` was built completely and nothing changed since. */
export function buildIsCurrent() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return sources.every((name) => newestChange(join(packageRoot, name)) <= built);
}

/**
 * Compiles the sources to `dist` if they changed since the last build that had no error.
 * @param {(line: string) => void} say
 * @param {{ clean?: boolean }} [options] clean: build from nothing, as for a package
 * @returns {boolean} whether `dist` is right now
 */
export function ensureBuild(say, { clean = false } = {}) {
  if (!isCheckout) return true;
  if (clean) rmSync(join(packageRoot, 'dist'), { recursive: true, force: true });
  if (buildIsCurrent()) return true;
  say('Building …');
  // The stamp gets the time before reading the sources: a file saved meanwhile is built next time.
  const started = Date.now();
  rmSync(stamp, { force: true });
  const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const result = spawnSync(process.execPath, [tsc, '--project', packageRoot, '--pretty'], {
    cwd: packageRoot,
    stdio: 'inherit',
  });
  if (result.status !== 0 || !buildBundles()) {
    say('The build failed; the messages above name file and line. Correct them and run the same command again.');
    return false;
  }
  writeStamp(started);
  return true;
}

/** @param {number} time */
function writeStamp(time) {
  mkdirSync(join(packageRoot, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, new Date(time), new Date(time));
}
