import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli, startCli } from './run-cli.js';

it('orz-train browser prints an address of this machine, serves the page there, and stops when asked to', async () => {
  const cli = startCli(['browser', '--port', '0'], temporaryFolder());
  await expect.poll(() => cli.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\nPress Ctrl-C to stop\.\n$/);
  const page = await fetch(cli.stdout().split('\n')[0]!);
  expect(await page.text()).toContain('<title>Open-Reasoner-Zero in your browser</title>');
  cli.process.kill('SIGTERM');
  expect(await cli.result).toMatchObject({ code: 0, stderr: '' });
});

it('a port that is none is refused with what is allowed', async () => {
  const { code, stderr } = await runCli(['browser', '--port', 'x'], temporaryFolder());
  expect([code, stderr]).toEqual([2, expect.stringMatching(/ORZ_USAGE.*"x".*65535/s)]);
});
