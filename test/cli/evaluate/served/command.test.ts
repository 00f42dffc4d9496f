import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runCli, startCli } from '../../commands/run-cli.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { startServer } from './answering.js';
import { json, plain, reply, silence, type Asked, type Behaviour, type FakeServer } from './fake-server.js';

const count = 12;

/** A folder with questions, of which the fake server gets the even ones right. */
function folderWithQuestions(): string {
  const folder = temporaryFolder();
  const line = (i: number): string => JSON.stringify({ id: `sum-${i}`, question: `Sum ${i}?`, answer: `${i}` });
  writeFileSync(join(folder, 'sums.jsonl'), `${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`);
  return folder;
}

const numberIn = ({ body }: Asked): number => Number(/Sum (\d+)\?/.exec(JSON.stringify(body))?.[1]);

const right: Behaviour = (response, asked) => {
  const number = numberIn(asked);
  reply({ text: `The answer is \\boxed{${number - (number % 2)}}.`, tokens: 8 })(response, asked);
};

const evaluation = (server: FakeServer, ...more: readonly string[]): string[] => [
  ...['evaluate', './sums.jsonl', '--url', server.url, '--out', 'out', '--samples', '1', '--temperature', '0'],
  ...['--max-tokens', '64', '--concurrency', '2', ...more],
];

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name).slice(folder.length + 1), join(parentPath, name)])
      .map(([name, path]) => [name, readFileSync(path ?? '', 'utf8')]),
  );

/** What must be the same however often an evaluation was stopped: all but the counts of requests. */
function outcome(folder: string): Record<string, string> {
  const { 'requests.jsonl': _, ...files } = filesIn(join(folder, 'out'));
  return files;
}

async function undisturbed(server: FakeServer): Promise<Record<string, string>> {
  const folder = folderWithQuestions();
  server.fallback = right;
  expect(await runCli(evaluation(server), folder)).toMatchObject({ code: 0 });
  return outcome(folder);
}

test('a server that fails now and then: everything is measured, repetitions are counted and recorded', async () => {
  const server = await startServer();
  const whole = await undisturbed(server);
  const folder = folderWithQuestions();
  server.queue(json({}, 429), right, plain('', 500), right, json({ choices: [] }));
  const { code, stdout, stderr } = await runCli(evaluation(server), folder);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/sums +12 × 1 +50\.0 \[/);
  expect(stderr).toContain('16 requests to the server, 3 repeated (status 429: 1, status 500: 1, unreadable: 1)');
  expect(outcome(folder)).toEqual(whole);
  const counts = { requests: 16, successes: 13, repeated: { 'status 429': 1, 'status 500': 1, unreadable: 1 } };
  expect(JSON.parse(filesIn(join(folder, 'out'))['requests.jsonl'] ?? '')).toEqual(counts);
}, 60_000);

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s loses no finished question',
  async (signal) => {
    const server = await startServer();
    const whole = await undisturbed(server);
    const folder = folderWithQuestions();
    const partial = join(folder, 'out', 'responses', 'sums.partial.jsonl');
    const kept = (): number[] =>
      existsSync(partial)
        ? readFileSync(partial, 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => (JSON.parse(line) as { question: number }[])[0]?.question ?? -1)
        : [];
    server.fallback = silence;
    server.queue(right, right, right, right, right);
    const { process: child, result } = startCli(evaluation(server), folder);
    await vi.waitFor(() => expect(kept()).toHaveLength(5), { timeout: 30_000 });
    child.kill(signal);
    const { code, stderr } = await result;
    expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
    if (signal !== 'SIGKILL') expect(stderr).toMatch(/stopped|interrupted/i);
    const done = kept();
    expect(done).toHaveLength(5);

    const before = server.prompts.length;
    server.fallback = right;
    expect(await runCli(evaluation(server), folder)).toMatchObject({ code: 0 });
    const asked = server.prompts.slice(before).map(numberIn);
    expect(asked.sort((a, b) => a - b)).toEqual([...Array(count).keys()].filter((number) => !done.includes(number)));
    expect(outcome(folder)).toEqual(whole);
  },
  60_000,
);

test('a key goes to the server and into no file or message; a redirect to another port does not get it', async () => {
  const [server, thief] = [await startServer(), await startServer()];
  const secret = 'sk-very-secret-4711';
  vi.stubEnv('ORZ_TEST_KEY', secret);
  const folder = folderWithQuestions();
  server.fallback = right;
  const args = evaluation(server, '--api-key-env', 'ORZ_TEST_KEY');
  server.queue(right, right, plain('', 307, { location: `${thief.url}/chat/completions` }));
  const refused = await runCli(args, folder);
  const finished = await runCli(args, folder);
  vi.unstubAllEnvs();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('which is not followed');
  expect(finished.code, finished.stderr).toBe(0);
  expect(thief.asked).toEqual([]);
  for (const { headers } of server.asked) expect(headers.authorization).toBe(`Bearer ${secret}`);
  const everything = JSON.stringify([filesIn(folder), refused, finished]);
  expect(everything).not.toContain(secret);
}, 60_000);

test('completions are asked with the text of a template, and its form is measured', async () => {
  const server = await startServer();
  server.fallback = reply({ text: ' It is 4. </think> <answer> \\boxed{4} ', choice: { stop_reason: '</answer>' } });
  const folder = folderWithQuestions();
  const { code, stderr } = await runCli(evaluation(server, '--api', 'completions'), folder);
  expect(code, stderr).toBe(0);
  expect(server.prompts[0]?.body).toMatchObject({ prompt: expect.stringMatching(/Sum \d+\?\nAssistant: <think>$/) });
  const { benchmarks } = JSON.parse(filesIn(join(folder, 'out'))['results.json'] ?? '') as {
    benchmarks: { statistics: Record<string, { mean: number }> }[];
  };
  expect(benchmarks[0]?.statistics).toMatchObject({ wellFormed: { mean: 1 }, mean: { mean: 1 / count } });
}, 60_000);

test.each([
  [['--concurrency', '4'], /--concurrency needs --url/],
  [['--url', 'http://127.0.0.1:9', '--model', 'x'], /--url and --model exclude each other/],
  [['--url', 'http://127.0.0.1:9', '--api', 'responses'], /--api cannot be 'responses'/],
  [['--url', 'http://127.0.0.1:9', '--concurrency', '0'], /--concurrency cannot be '0'/],
  [['--url', 'http://127.0.0.1:9', '--request-timeout', 'soon'], /--request-timeout cannot be 'soon'/],
  [['--url', 'http://127.0.0.1:9', '--template', 'orz'], /--api chat sends messages/],
  [['--url', 'http://127.0.0.1:9', '--api', 'completions', '--system', 'x'], /has no messages/],
  [['--url', 'http://127.0.0.1:9', '--set', 'template.prefill=x'], /template\.prefill is for a chat template here/],
  [['--url', 'http://me:secret@127.0.0.1:9'], /must not hold a name or a password/],
])(
  'flags that will not do: %s',
  async (flags, message) => {
    const { code, stderr } = await runCli(['evaluate', './sums.jsonl', ...flags], folderWithQuestions());
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(message);
  },
  30_000,
);
