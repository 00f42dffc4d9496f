/** Which peers a Python has, in which versions, and how they are made ready; a reason for each that is missing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that the race asks for, by what each is needed for. */
export const packages = {
  torch: ['torch', 'transformers', 'safetensors'],
  llama: ['llama-cpp-python', 'gguf', 'safetensors'],
  grpo: ['torch', 'transformers', 'trl', 'datasets'],
  ppo: ['torch', 'transformers', 'trl', 'datasets'],
  grading: ['math-verify'],
};

/** Versions of TRL: the last with PPO, and the one whose GRPO is raced. */
export const trlVersions = { ppo: '1.12', grpo: '1.16' };

/**
 * Versions of what a Python has of the packages, or why it has none.
 * @typedef {{ readonly versions: Readonly<Record<string, string>>, readonly reason?: undefined } |
 *   { readonly reason: string }} Installed
 */

/** @param {string} python @returns {Installed} */
export function installedVersions(python) {
  const names = [...new Set(Object.values(packages).flat())];
  const script =
    'import sys, json, importlib.metadata as m\n' +
    'found = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in list(m.distributions())[::-1]}\n' +
    'print(json.dumps({n: found[n] for n in sys.argv[1:] if n in found}))';
  const { status, stdout, error } = spawnSync(python, ['-c', script, ...names], { encoding: 'utf8' });
  if (error || status !== 0) return { reason: `${python} does not start` };
  return { versions: JSON.parse(stdout) };
}

/**
 * Why a peer cannot race, or undefined if it can.
 * @param {keyof typeof packages} peer
 * @param {string} python
 * @param {Installed} installed
 * @returns {string | undefined}
 */
export function missing(peer, python, installed) {
  if (installed.reason !== undefined) return installed.reason;
  const { versions } = installed;
  const absent = packages[peer].filter((name) => versions[name] === undefined);
  if (absent.length > 0) return `${python} has no ${absent.join(', no ')}`;
  const wanted = peer === 'ppo' || peer === 'grpo' ? trlVersions[peer] : undefined;
  if (wanted !== undefined && !versions['trl']?.startsWith(`${wanted}.`))
    return `${python} has TRL ${versions['trl']}, not ${wanted}`;
  return undefined;
}

/**
 * Compiles the process of llama.cpp against the library and the headers that llama-cpp-python has.
 * @param {string} python
 * @param {string} folder for the program
 * @returns {{ readonly program: string } | { readonly reason: string }}
 */
export function buildLlama(python, folder) {
  const where = 'import importlib.util as u, pathlib as p; print(p.Path(u.find_spec("llama_cpp").origin).parent)';
  const found = spawnSync(python, ['-c', where], { encoding: 'utf8' });
  if (found.status !== 0) return { reason: `${python} does not find llama_cpp` };
  const library = join(found.stdout.trim(), 'lib');
  const include = join(found.stdout.trim(), '..', 'include');
  const program = join(folder, 'llama');
  const source = fileURLToPath(new URL('llama.cpp', import.meta.url));
  const linked = ['-L', library, `-Wl,-rpath,${library}`, '-lllama', '-lggml', '-lggml-base'];
  const flags = ['-std=c++17', '-O3', '-march=native', '-ffast-math', '-I', include];
  const built = spawnSync('g++', [...flags, source, '-o', program, ...linked], { encoding: 'utf8' });
  if (built.error) return { reason: 'no C++ compiler (g++) at hand' };
  if (built.status !== 0) return { reason: `g++ failed: ${built.stderr.trim().split('\n').slice(0, 3).join(' ')}` };
  return { program };
}
