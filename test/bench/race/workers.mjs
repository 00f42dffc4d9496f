/** Processes that stay alive and take turns: one line in, one line of JSON out. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * @typedef {object} Worker
 * @property {(request: object) => Promise<any>} ask its answer; rejects with the message of a failure
 * @property {() => Promise<void>} close
 */

/**
 * @param {readonly [string, ...string[]]} command
 * @param {{ readonly env: NodeJS.ProcessEnv, readonly asLine?: (request: any) => string }} options `asLine` writes a
 *   request for a worker that reads no JSON
 * @returns {Worker}
 */
export function startWorker([program, ...args], { env, asLine = JSON.stringify }) {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  // Not before everything that the process wrote has been read.
  const gone = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${asLine(request)}\n`);
      const { value, done } = await lines.next();
      if (done) {
        await gone;
        throw new Error(`${program} ended: ${complaints.trim()}`);
      }
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    },
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}

/**
 * The environment of a worker with one thread. What makes glibc keep freed memory is set for a process of ours alone,
 * as in a run; the others start as their users start them.
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} ours
 */
export function workerEnvironment(env, ours) {
  /** @type {NodeJS.ProcessEnv} */
  const one = {
    ...env,
    OMP_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    CUDA_VISIBLE_DEVICES: '',
  };
  if (ours) return one;
  delete one['MALLOC_MMAP_MAX_'];
  delete one['MALLOC_TRIM_THRESHOLD_'];
  return { ...one, TOKENIZERS_PARALLELISM: 'false' };
}

/**
 * The command on one processor core, where the system can pin it.
 * @param {readonly [string, ...string[]]} command
 * @param {number | undefined} core
 * @returns {[string, ...string[]]}
 */
export const pinned = (command, core) =>
  core === undefined ? [...command] : ['taskset', '--cpu-list', `${core}`, ...command];
