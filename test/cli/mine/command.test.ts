import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { runTiny, tiny } from '../../docs/tiny-run.js';
import { useFolder } from '../commands/in-folder.js';
import { startServer } from '../evaluate/served/answering.js';
import { reply, type Behaviour } from '../evaluate/served/fake-server.js';

const current = useFolder();

const minedIn = (out: string): { pass_rate: number; samples: number; prompt: string }[] =>
  readFileSync(join(current.folder, out, 'mined.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { pass_rate: number; samples: number; prompt: string });

describe('orz-train mine', () => {
  it.each([
    ['no data', ['--model', './folder'], 'mine` needs problems'],
    ['several checkpoints', ['--run-dir', 'runs/x', '--checkpoint', 'all'], 'samples from one model'],
    ['a flag of another model', ['a.jsonl', '--url', 'http://127.0.0.1:1/v1', '--model', 'x'], 'exclude each other'],
    ['no number', ['a.jsonl', '--model', 'x', '--samples', 'many'], "--samples cannot be 'many'"],
  ])('refuses %s', async (_, args, message) => {
    expect(await main(['mine', ...args])).toBe(2);
    expect(current.printed.err).toContain(message);
  });

  it('asks a server, whose answers in a chat are found anywhere', async () => {
    const server = await startServer();
    // Right in the first of two samples only.
    const asked = new Map<string, number>();
    const behaviour: Behaviour = (response, request) => {
      const sum = /(\d)\+1/.exec(JSON.stringify(request.body))?.[1] ?? '';
      const before = asked.get(sum) ?? 0;
      asked.set(sum, before + 1);
      reply({ text: `It is \\boxed{${Number(sum) + (before === 0 ? 1 : 7)}}.`, tokens: 5 })(response, request);
    };
    server.fallback = behaviour;
    const lines = [1, 2, 3].map((i) => JSON.stringify({ question: `${i}+1`, answer: `${i + 1}` }));
    writeFileSync(join(current.folder, 'sums.jsonl'), lines.join('\n'));
    const how = ['--samples', '2', '--max-tokens', '64', '--concurrency', '1', '--out', 'out', '--no-config'];
    const code = await main(['mine', 'sums.jsonl', '--url', server.url, ...how]);
    expect([code, current.printed.err]).toEqual([0, expect.any(String) as string]);
    expect(minedIn('out').map(({ pass_rate: rate, samples }) => [rate, samples])).toEqual([
      [0.5, 2],
      [0.5, 2],
      [0.5, 2],
    ]);
    expect(current.printed.out).toMatch(/0\.5 to 0\.6 +█+ +3\n/);
    expect(current.printed.out).toContain('train --set data.type=files');
  });

  it('needs a number of problems that are made on demand, and samples a checkpoint of a run by name', async () => {
    const { summary } = await runTiny(current.folder, 'a', { settings: tiny });
    expect(await main(['mine', '--run-dir', summary.location, '--samples', '2'])).toBe(2);
    expect(current.printed.err).toContain('--limit 1000');
    const args = ['--run-dir', summary.location, '--checkpoint', 'base', '--samples', '2', '--limit', '3'];
    expect(await main(['mine', ...args, '--out', 'out'])).toBe(0);
    expect(minedIn('out')).toHaveLength(3);
    const settings = JSON.parse(readFileSync(join(current.folder, 'out', 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({
      model: { kind: 'run', iteration: 0, weights: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      benchmarks: [{ sampling: { samples: 2, maxResponseTokens: 6, origin: 'configuration of the run' } }],
    });
  });
});
