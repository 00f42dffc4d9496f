/** What `npm run bench` starts: main.mjs in a process with the environment that the process of a run has. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { computingEnvironment } from '../../dist/cli/platform/computing-environment.js';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));
const child = spawn(process.execPath, [main, ...process.argv.slice(2)], {
  env: computingEnvironment(process.env),
  stdio: 'inherit',
});
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
