import { expect, it } from 'vitest';
import { fetchCuda } from '../../../cli/setup/onnx-runtime.mjs';
import { problemOf } from '../../../cli/setup/problem.mjs';
import { runProgram } from '../../../cli/setup/run-program.mjs';

/** What the install script of ONNX Runtime prints without a network. */
const withoutNetwork = `> onnxruntime-node@1.30.0 postinstall
> node ./script/install

node:internal/process/promises:288
            triggerUncaughtException(err, true /* fromPromise */);
            ^

Error: getaddrinfo ENOTFOUND api.nuget.org
    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26) {
  errno: -3008,
  code: 'ENOTFOUND',
}

Node.js v20.20.2
npm error code 1
npm error A complete log of this run can be found in: /home/me/.npm/_logs/2026-debug-0.log
`;

it.each([
  ['no network', withoutNetwork, 'Error: getaddrinfo ENOTFOUND api.nuget.org', 'Check the network'],
  ['no npm', 'spawn npm ENOENT\n', 'spawn npm ENOENT', 'install Node with npm'],
  ['a full disk', "error TS5033: Could not write file 'a.js': ENOSPC: no space left", 'ENOSPC', 'free some space'],
  ['a read-only disk', "npm error Error: EROFS: read-only file system, mkdir '/a'", 'EROFS', 'copy the folder'],
  [
    'a foreign folder',
    "npm error code EACCES\nnpm error Error: EACCES: permission denied, mkdir '/a'",
    'EACCES',
    'owner',
  ],
  ['a proxy', 'npm error code E407\nnpm error 407 Proxy Authentication Required', 'Proxy Auth', 'npm config set proxy'],
  [
    'a certificate',
    'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error self-signed certificate',
    'self-signed',
    'NODE_EXTRA_CA_CERTS',
  ],
  ['an unknown cause', 'something broke\n', 'something broke', 'Correct what it says'],
  ['silence', '', 'no reason was given', 'run the same command again'],
])('%s is one sentence and a remedy, without a stack', (_, output, reason, remedy) => {
  const problem = problemOf('It failed', output);
  expect(problem.message).toMatch(/^It failed: /);
  expect(problem.message).toContain(reason);
  expect(problem.message).not.toMatch(/\n|at GetAddr|node:internal/);
  expect(problem.remedy).toContain(remedy);
});

it('a program that is missing, or fails, is an outcome and no exception', async () => {
  const folder = process.cwd();
  expect(await runProgram('no-such-program', [], { folder })).toEqual({
    ok: false,
    output: expect.stringContaining('ENOENT') as string,
  });
  const script = 'console.log("said"); console.error("why"); process.exit(3)';
  const { ok, output } = await runProgram(process.execPath, ['-e', script], { folder });
  expect([ok, output.split('\n').sort()]).toEqual([false, ['', 'said', 'why']]);
  expect(await runProgram(process.execPath, ['-e', ''], { folder: '/no/such/folder' })).toMatchObject({ ok: false });
});

it('there are CUDA libraries for one system, and it is said before anything is fetched', async () => {
  const problem = await fetchCuda('darwin-arm64');
  expect(problem?.message).toContain('made for linux-x64 only, and this is darwin-arm64');
});
