import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { untrustedPlugins } from './errors.js';

/**
 * A run folder names the plugins it was made with, and a folder that comes from elsewhere may name anything. So only
 * those are loaded that this user has named before, by a flag or a configuration file: an empty file for each, named by
 * the SHA-256 of its absolute path, is kept with the user's own state.
 */
function noteOf(plugin: string): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  const state = XDG_STATE_HOME ?? LOCALAPPDATA ?? join(homedir(), '.local', 'state');
  return join(state, 'orz-train', 'plugins', createHash('sha256').update(plugin).digest('hex'));
}

/** Notes that the user has started a run with these plugins, given by absolute path. */
export async function rememberPlugins(plugins: readonly string[]): Promise<void> {
  for (const note of plugins.map(noteOf)) {
    try {
      await mkdir(join(note, '..'), { recursive: true, mode: 0o700 });
      await writeFile(note, '', { mode: 0o600 });
    } catch {
      // Without a home to write to, nothing is remembered: the run has to be told to trust its plugins.
    }
  }
}

/**
 * Throws ORZ_PLUGIN_LOAD if the run in `folder` names a plugin that the user has not used before. Nothing of it has
 * been executed then.
 */
export async function requireTrusted(plugins: readonly string[], folder: string): Promise<void> {
  const known = await Promise.all(plugins.map((plugin) => isNoted(noteOf(plugin))));
  const unknown = plugins.filter((_, i) => known[i] === false);
  if (unknown.length > 0) throw untrustedPlugins(unknown, folder);
}

const isNoted = (note: string): Promise<boolean> =>
  stat(note).then(
    () => true,
    () => false,
  );
