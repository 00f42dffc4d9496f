import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.js';
import { useFolder } from './in-folder.js';
import { startCli } from './run-cli.js';

const test = useFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('serve-reward', () => {
  it('serves on this machine until it is told to end', async () => {
    const child = startCli(['serve-reward', '--port', '0', '--workers', '1', '--set', 'precision=2'], test.folder);
    await expect.poll(() => child.stdout()).toContain('Ctrl-C ends it.');
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(child.stdout()) ?? [];
    const body = JSON.stringify({ query: ['It is 0.33.'], labels: ['\\frac13'] });
    const response = await fetch(`${url}get_reward`, { method: 'POST', body });
    expect(await response.json()).toEqual({ rewards: [1], scores: [1], extra_logs: {} });
    child.process.kill('SIGTERM');
    expect(await child.result).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    [['--host', '0.0.0.0'], '', '--allow-remote'],
    [['--host', '0.0.0.0', '--allow-remote'], '', 'ORZ_REWARD_KEY is not set'],
    [['--host', '::', '--allow-remote'], 'short', 'shorter than 16'],
    [['--port', 'x'], '', '--port'],
    [['--workers', '0'], '', '--workers'],
    [['--max-body', '3TB'], '', '--max-body'],
    [['--max-pairs', '0'], '', '--max-pairs'],
    [['--time-limit', '1e9'], '', '--time-limit'],
  ])('%j with the key %j is wrong use: %s', async (args, key, message) => {
    vi.stubEnv('ORZ_REWARD_KEY', key);
    expect(await main(['serve-reward', ...args])).toBe(2);
    expect(test.printed.err).toMatch(/^ORZ_USAGE /);
    expect(test.printed.err).toContain(message);
    expect(test.printed.out).toBe('');
  });
});
