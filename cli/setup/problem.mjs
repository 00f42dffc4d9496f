/**
 * Why something could not be installed or built, in words for a user.
 * @typedef {object} Problem
 * @property {string} message what failed and why, in one sentence without a full stop
 * @property {string} remedy what to do
 */

/**
 * Known causes by the traces that they leave in what a program printed.
 * @type {readonly (readonly [trace: RegExp, remedy: string])[]}
 */
const causes = [
  [/spawn \S*npm\S* (?:ENOENT|EACCES)/, 'npm was not found: install Node with npm (https://nodejs.org).'],
  [/ENOSPC|no space left/i, 'The disk is full: free some space.'],
  [/EDQUOT/, 'Your quota on this disk is used up: free some space.'],
  [/EROFS|read-only file system/i, 'The disk is read-only: copy the folder to one you can write to.'],
  [/EACCES|EPERM|permission denied/i, 'You may not write there: change its owner, or use a copy of your own.'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/,
    'The certificate of the server is not trusted; that of a company proxy is named in NODE_EXTRA_CA_CERTS.',
  ],
  [
    /E407|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN\w+|E(?:NET|HOST)UNREACH|ERR_SOCKET|hang up|network|status code/i,
    'Check the network. Behind a proxy: npm config set proxy URL, and npm config set https-proxy URL.',
  ],
];

/**
 * The problem that stopped a program, from what it printed: its last words that are neither part of a stack nor
 * formalities, and the remedy for the cause that they name.
 * @param {string} what failed, for example `ONNX Runtime could not be installed`
 * @param {string} output
 * @returns {Problem}
 */
export function problemOf(what, output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (?:error|ERR!) ?/, '').trim());
  const said = lines.filter((line) => line !== '' && !formality.test(line));
  const reason = said.find((line) => /\b(?:Error|E[A-Z]{4,})\b/.test(line)) ?? said.at(-1) ?? 'no reason was given';
  const remedy = causes.find(([trace]) => trace.test(output))?.[1] ?? 'Correct what it says.';
  return { message: `${what}: ${reason.slice(0, longest)}`, remedy: `${remedy} Then run the same command again.` };
}

const longest = 300;
/** Frames and other lines of a stack, and what npm says after every failure. */
const formality =
  /^at |^node:|^\^+$|^[{}]|^Node\.js v|^throw |^code |^errno |^syscall |complete log of this run|^\S*_logs\S*$/;

/** @param {Problem} problem @param {(line: string) => void} say */
export function sayProblem({ message, remedy }, say) {
  say(message);
  say(`  ${remedy}`);
}
