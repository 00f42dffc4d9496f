import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundles } from './build-bundles.mjs';
import { packageRoot } from './project.mjs';
import { problemOf } from './problem.mjs';
import { withProgress } from './progress.mjs';
import { runProgram } from './run-program.mjs';

const sources = ['core', 'plugins', 'presets', 'cli', 'tsconfig.json', 'package-lock.json'];
const stamp = join(packageRoot, 'dist', '.built');
/** What the compiler keeps, so that it need not read everything again. */
const compilerMemory = join(packageRoot, 'dist', '.tsbuildinfo');

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
 * Compiles the sources to `dist` and bundles what runs in browsers.
 * @param {{ clean?: boolean }} [options] clean: build from nothing, as for a package
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
export async function build({ clean = false } = {}) {
  if (clean) rmSync(join(packageRoot, 'dist'), { recursive: true, force: true });
  // The stamp gets the time before reading the sources: a file saved meanwhile is built next time.
  const started = Date.now();
  rmSync(stamp, { force: true });
  const first = existsSync(compilerMemory) ? '' : ' (a minute or two the first time)';
  const compiled = await withProgress(`Building: compiling${first}`, compile);
  const failed = compiled ?? (await withProgress('Building: bundling the pages', buildBundles));
  if (failed !== undefined) return buildProblem(failed);
  writeStamp(started);
  return undefined;
}

/**
 * Errors in the sources are shown as the compiler writes them; of one that could not write, only the cause matters.
 * @param {string} output
 * @returns {import('./problem.mjs').Problem}
 */
function buildProblem(output) {
  if (/error TS5033:|\bE(?:NOSPC|ROFS|ACCES|DQUOT)\b/.test(output)) return problemOf('The build failed', output);
  return {
    message: `The build failed:\n${output.trimEnd()}`,
    remedy: 'Correct what these messages name and run the same command again.',
  };
}

/** @returns {Promise<string | undefined>} what the compiler says if there are errors */
async function compile() {
  const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const pretty = process.stderr.isTTY ? ['--pretty'] : [];
  const { ok, output } = await runProgram(process.execPath, [tsc, '--project', packageRoot, ...pretty], {
    folder: packageRoot,
  });
  return ok ? undefined : output;
}

/** @param {number} time */
function writeStamp(time) {
  mkdirSync(join(packageRoot, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, new Date(time), new Date(time));
}
