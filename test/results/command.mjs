/** Commands that a script waits for; one that does not end with code 0 is an error. */
import { spawnSync } from 'node:child_process';

/** Shows what it prints. @param {string} command @param {readonly string[]} args */
export function show(command, args) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}`);
}

/** What it writes to standard output. @param {string} command @param {readonly string[]} args */
export function output(command, args) {
  const { status, signal, stdout } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}`);
  return stdout;
}
