import { existsSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runProgram } from './run-program.mjs';

/** Settings that an outer npm hands to its scripts and that would send an inner npm to another folder or mode. */
const scoped = new Set([
  'global',
  'global_style',
  'location',
  'prefix',
  'local_prefix',
  'global_prefix',
  'dry_run',
  'omit',
  'include',
  'only',
  'production',
  'package_lock',
  'package_lock_only',
  'ignore_scripts',
  'workspace',
  'workspaces',
  'save',
  'json',
  'long',
  'pack_destination',
  'install_links',
  'install_strategy',
  'legacy_bundling',
  'foreground_scripts',
  'tag',
  'call',
  'package',
  'yes',
  'argv',
]);

/**
 * The environment for an npm started by npm: registry, proxy, cache and credentials stay, what belongs to the outer
 * call goes.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function innerNpmEnvironment(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => {
      const match = /^npm_config_(.*)$/i.exec(name);
      return match === null || !scoped.has((match[1] ?? '').toLowerCase().replace(/-/g, '_'));
    }),
  );
}

/**
 * Runs npm in `folder` to its end.
 * @param {readonly string[]} args
 * @param {string} folder
 * @returns {Promise<import('./run-program.mjs').Outcome>}
 */
export function runNpm(args, folder) {
  const cli = findNpm(process.env, process.execPath);
  const [command, before] = cli === undefined ? ['npm', []] : [process.execPath, [cli]];
  return runProgram(command, [...before, ...args], { folder, env: innerNpmEnvironment(process.env) });
}

/** Bytes that are left on a disk that counts as full. */
const fullBelow = 2 ** 20;

/**
 * Installs exactly what the lockfile of `folder` asks for, without install scripts. npm exits with 0 even if the disk
 * was full when it unpacked, and leaves torn files and the record of a complete installation: both are noticed here.
 * @param {string} folder
 * @param {readonly string[]} [flags]
 * @returns {Promise<import('./run-program.mjs').Outcome>}
 */
export async function installLocked(folder, flags = []) {
  const outcome = await runNpm(
    ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', ...flags],
    folder,
  );
  const { bavail, bsize } = statfsSync(folder);
  if (!outcome.ok || bavail * bsize >= fullBelow) return outcome;
  rmSync(join(folder, 'node_modules', '.package-lock.json'), { force: true });
  return { ok: false, output: 'ENOSPC: no space left on device' };
}

/**
 * npm's own script, so that no shell and no `.cmd` wrapper is needed; undefined if only the PATH can tell.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node
 * @returns {string | undefined}
 */
function findNpm(env, node) {
  const running = env['npm_execpath'];
  if (running !== undefined && /npm-cli\.c?js$/.test(running) && existsSync(running)) return running;
  const beside = join(dirname(node), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const above = join(dirname(node), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return [beside, above].find((file) => existsSync(file));
}
