import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundles } from './build-bundles.mjs';
import { buildScripts } from './build-scripts.mjs';
import { packageRoot } from './project.mjs';
import { problemOf } from './problem.mjs';
import { withProgress } from './progress.mjs';
import { runProgram } from './run-program.mjs';

const sources = ['core', 'plugins', 'presets', 'cli', 'tsconfig.json', 'package-lock.json'];
/** Of the time at which everything that runs was built, and of that at which types were checked and written as well. */
const stamps = { runs: join(packageRoot, 'dist', '.built'), types: join(packageRoot, 'dist', '.typed') };
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

/**
 * What `dist` must hold.
 * @typedef {object} Needs
 * @property {boolean} types with declarations, and checked by the compiler: for tests and packages, not for running
 */

/**
 * Whether `dist` was built completely and nothing changed since.
 * @param {Needs} needs
 */
export function buildIsCurrent({ types }) {
  const stamp = types ? stamps.types : stamps.runs;
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return sources.every((name) => newestChange(join(packageRoot, name)) <= built);
}

/**
 * Builds the sources to `dist` and bundles what runs in browsers.
 * @param {Needs & { clean?: boolean | undefined }} options clean: build from nothing, as for a package
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
export async function build({ types, clean = false }) {
  if (clean) rmSync(join(packageRoot, 'dist'), { recursive: true, force: true });
  // The stamps get the time before reading the sources: a file saved meanwhile is built next time.
  const started = Date.now();
  for (const stamp of Object.values(stamps)) rmSync(stamp, { force: true });
  const built = await (types ? compileWithProgress() : withProgress('Building', buildScripts));
  const failed = built ?? (await withProgress('Building: bundling the pages', buildBundles));
  if (failed !== undefined) return buildProblem(failed);
  writeStamp(stamps.runs, started);
  if (types) writeStamp(stamps.types, started);
  return undefined;
}

function compileWithProgress() {
  const first = existsSync(compilerMemory) ? '' : ' (a minute or two the first time)';
  return withProgress(`Building: compiling${first}`, compile);
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

/** @param {string} stamp @param {number} time */
function writeStamp(stamp, time) {
  mkdirSync(join(packageRoot, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, new Date(time), new Date(time));
}
