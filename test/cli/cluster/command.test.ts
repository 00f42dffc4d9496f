import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../commands/run-cli.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('orz-train cluster', () => {
  it('writes the files, scripts ready to be executed, and nothing over what is there', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await runCli(['cluster', '--preset', 'orz-7b'], folder);
    expect([code, readdirSync(folder)]).toEqual([0, ['cluster-orz-7b']]);
    expect(stdout).toMatch(/GPUs +8 of 80 GB on 1 node/);
    expect(stdout).toMatch(/--config cluster-orz-7b\/orz\.config\.json\n$/);
    const mode = (name: string): number => statSync(join(folder, 'cluster-orz-7b', name)).mode & 0o111;
    expect(['setup.sh', 'serve.sh', 'slurm.sbatch'].map(mode)).toEqual([0o111, 0o111, 0o111]);
    expect(mode('skyrl.json')).toBe(0);
    const again = await runCli(['cluster', '--preset', 'orz-7b'], folder);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('cluster-orz-7b exists already')]);
  });

  it('writes nothing for what SkyRL cannot serve', async () => {
    const folder = temporaryFolder();
    const { code, stderr } = await runCli(['cluster', '--preset', 'orz-1.5b', '--out', 'files'], folder);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/ORZ_CAPABILITY .*tied embeddings/)]);
    expect(existsSync(join(folder, 'files'))).toBe(false);
  });

  it.each([
    [['cluster', 'chek'], /There is no cluster chek/],
    [['cluster', 'check'], /--url/],
    [['cluster', '--url', 'http://127.0.0.1:1'], /the word check/],
  ])('%s is refused with an example', async (args, message) => {
    const { code, stderr } = await runCli(args, temporaryFolder());
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).toContain('cluster check --url http://127.0.0.1:8000');
  });

  it('check ends at once where nothing answers', async () => {
    const port = await closedPort();
    const args = ['cluster', 'check', '--url', `http://127.0.0.1:${port}`, '--no-config'];
    const { code, stdout } = await runCli(args, temporaryFolder());
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^failed {2}reachable .*ECONNREFUSED.*\n$/)]);
  });
});

/** A port that was free a moment ago. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
