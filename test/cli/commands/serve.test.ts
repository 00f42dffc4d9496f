import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.js';
import { useFolder } from './in-folder.js';
import { startCli } from './run-cli.js';

const test = useFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('serve', () => {
  it('serves a model on this machine until it is told to end', async () => {
    const quick = ['--set', 'model.steps=1', '--set', 'backend.type=reference'];
    const args = ['serve', '--no-config', ...quick, '--port', '0', '--model-name', 'my/model'];
    const child = startCli(args, test.folder);
    await expect.poll(() => child.stdout(), { timeout: 60_000 }).toContain('Ctrl-C ends it.');
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(child.stdout()) ?? [];
    expect(child.stdout()).toContain('my/model, 0.20 M parameters, 256 positions');
    expect(child.stdout()).toContain(`tinker.ServiceClient(base_url="${url}", api_key="tml-local")`);
    expect(child.stdout()).toContain(`--set engine.type=tinker --set engine.url=${url}`);
    const post = async (path: string, body: object): Promise<Record<string, string>> => {
      const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
      return (await response.json()) as Record<string, string>;
    };
    const { session_id } = await post('create_session', { tags: [], sdk_version: 'test' });
    const { model_id, request_id } = await post('create_model', { session_id, base_model: 'my/model' });
    expect(await post('retrieve_future', { request_id })).toMatchObject({ type: 'create_model', model_id });
    const saved = await post('save_weights', { model_id, path: 'one', seq_id: 1 });
    await post('retrieve_future', { request_id: saved['request_id'] });
    expect(existsSync(join(test.folder, 'tinker-checkpoints', model_id!, 'weights/one/checkpoint.json'))).toBe(true);
    child.process.kill('SIGTERM');
    expect(await child.result).toMatchObject({ code: 0 });
  });

  it.each([
    [['--host', '0.0.0.0'], '', '--allow-remote'],
    [['--host', '0.0.0.0', '--allow-remote'], '', 'ORZ_SERVE_KEY is not set'],
    [['--port', 'x', '--set', 'model.steps=1', '--set', 'backend.type=reference'], '', '--port'],
    [['--model-name', 'a b'], '', 'cannot be called "a b"'],
    [['--set', 'engine.type=tinker', '--set', 'engine.url=http://127.0.0.1:1'], '', 'Only the local engine'],
  ])('%j with the key %j is wrong use: %s', async (args, key, message) => {
    vi.stubEnv('ORZ_SERVE_KEY', key);
    expect(await main(['serve', '--no-config', ...args])).toBe(2);
    expect(test.printed.err).toMatch(/ORZ_USAGE /);
    expect(test.printed.err).toContain(message);
    expect(test.printed.out).toBe('');
  });
});
