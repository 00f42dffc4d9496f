import { spawn } from 'node:child_process';

/**
 * @typedef {object} Outcome
 * @property {boolean} ok whether the program could be started and exited with 0
 * @property {string} output what it printed, or why it could not be started
 */

/**
 * Runs a program in `folder` to its end and keeps what it prints. Never rejects: a program that is missing or may not
 * be started is an outcome like any other.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ folder: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Outcome>}
 */
export function runProgram(command, args, { folder, env = process.env }) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    child.on('error', (error) => {
      resolve({ ok: false, output: `${output}${error.message}\n` });
    });
    child.on('close', (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}
