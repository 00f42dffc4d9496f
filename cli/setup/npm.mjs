import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
 * Runs npm in `folder` and waits. Output goes to the terminal, or with `quiet` comes back as text.
 * @param {string[]} args
 * @param {{ folder: string, quiet?: boolean }} options
 * @returns {{ ok: boolean, output: string }}
 */
export function runNpm(args, { folder, quiet = false }) {
  const cli = findNpm(process.env, process.execPath);
  const command = cli === undefined ? 'npm' : process.execPath;
  const result = spawnSync(command, cli === undefined ? args : [cli, ...args], {
    cwd: folder,
    env: innerNpmEnvironment(process.env),
    encoding: 'utf8',
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
  const failure = result.error === undefined ? '' : `${result.error.message}\n`;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${failure}`;
  return { ok: result.status === 0, output };
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
