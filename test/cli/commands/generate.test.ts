import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.js';
import { exitCodes } from '../../../cli/report-error.js';
import { errorKinds } from '../../../core/error-kinds.js';
import type { ErrorCode } from '../../../core/errors.js';
import { exampleBase } from '../../../core/conformance/example-model.js';
import { commitOf, startHub, type ServedRepository } from '../platform/hub/hub-server.js';
import { writeExampleFolder } from '../../support/example-folder.js';
import { withoutColors } from '../terminal/without-colors.js';
import { temporaryFolder } from '../temporary-folder.js';

interface Sample {
  readonly prompt: string;
  readonly promptTokens: number[];
  readonly text: string;
  readonly stopReason: string;
  readonly tokens: number[];
  readonly logprobs: number[];
}

let printed: { out: string[]; err: string };
let folder: string;

beforeEach(async () => {
  printed = { out: [], err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.out.push(withoutColors(String(text)));
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed.err += withoutColors(String(text));
    return true;
  });
  folder = await writeExampleFolder(temporaryFolder(), {
    'chat_template.jinja':
      '{% for m in messages %}{{ m.role[:1] | replace("u", "a") | replace("s", "b") }}{{ m.content }}{% endfor %}' +
      '{% if add_generation_prompt %}k{% endif %}',
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const run = (...args: string[]): Promise<number> =>
  main(['generate', '--backend', 'reference', '--max-tokens', '12', ...args]);

async function samples(...args: string[]): Promise<Sample[]> {
  expect([await run(...args, '--json'), printed.err]).toEqual([0, '']);
  const text = printed.out.splice(0).join('');
  return JSON.parse(text) as Sample[];
}

describe('a model folder', () => {
  it('continues a text; JSON holds the tokens of prompt and response with their log-probabilities', async () => {
    const { tokenizer } = exampleBase();
    const [sample, ...rest] = await samples('--model', folder, 'hi cab'.replace(' ', ''), '--temperature', '0');
    expect(rest).toEqual([]);
    expect(sample!.promptTokens).toEqual([...tokenizer.encode('hicab')]);
    expect(sample!.text).toBe(tokenizer.decode(sample!.tokens));
    expect(sample!.logprobs).toHaveLength(sample!.tokens.length);
    expect(sample!.logprobs.every((logprob) => logprob <= 0)).toBe(true);
  });

  it('gives the same samples for the same seed, other ones for another, and each of several its own', async () => {
    const args = ['--model', folder, 'abc', '--samples', '3'];
    const first = await samples(...args, '--seed', '5');
    expect(await samples(...args, '--seed', '5')).toEqual(first);
    expect(await samples(...args, '--seed', '6')).not.toEqual(first);
    expect(new Set(first.map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(await samples('--model', folder, 'abc', '--samples', '3', '--top-k', '1')).toEqual(
      (await samples('--model', folder, 'abc', '--samples', '3', '--temperature', '0')).map((each) =>
        expect.objectContaining({ tokens: each.tokens }),
      ),
    );
  });

  it('stops at a text that was asked for', async () => {
    const [free] = await samples('--model', folder, 'abc', '--temperature', '0');
    const stop = free!.text.slice(1, 3);
    const [stopped] = await samples(
      '--model',
      folder,
      'abc',
      '--temperature',
      '0',
      '--stop',
      stop.replaceAll('\n', String.raw`\n`),
    );
    expect([stopped!.text, stopped!.stopReason]).toEqual([
      free!.text.slice(0, free!.text.indexOf(stop) + stop.length),
      'stop',
    ]);
  });

  it('is asked through its chat template, with a system message if one is given', async () => {
    expect((await samples('--model', folder, 'cab', '--chat'))[0]!.prompt).toBe('acabk');
    expect((await samples('--model', folder, 'cab', '--chat', '--system', 'dad'))[0]!.prompt).toBe('bdadacabk');
  });

  it('writes one response piece by piece to stdout, and its length to stderr', async () => {
    const [{ text, tokens }] = (await samples('--model', folder, 'abc', '--temperature', '0')) as [Sample];
    expect(await run('--model', folder, 'abc', '--temperature', '0')).toBe(0);
    expect(printed.out.join('')).toBe(`${text}\n`);
    expect(printed.out.length).toBeGreaterThan(tokens.length / 2);
    expect(printed.err).toBe(`(${tokens.length} tokens, cut at the limit)\n`);
  });
});

describe('a model of the hub', () => {
  const served = async (): Promise<ServedRepository> => {
    const { readFileSync, readdirSync } = await import('node:fs');
    const names = readdirSync(folder);
    return {
      type: 'model',
      name: 'owner/example',
      files: Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])),
      large: ['model.safetensors'],
    };
  };

  it('is downloaded once and asked; afterwards it answers without the hub', async () => {
    const repository = await served();
    const hub = await startHub(repository);
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    vi.stubEnv('HF_HOME', temporaryFolder());
    expect(await run('--model', repository.name, 'abc', '--temperature', '0', '--json')).toBe(0);
    const first = printed.out.splice(0).join('');
    expect(printed.err).toContain(`owner/example at commit ${commitOf(repository)}`);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    hub.requests.length = 0;
    expect(await run('--model', repository.name, 'abc', '--temperature', '0', '--json')).toBe(0);
    expect([printed.out.join(''), hub.requests]).toEqual([first, []]);
  });

  it('that cannot be reached says how to get its files otherwise', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    vi.stubEnv('HF_HOME', temporaryFolder());
    expect(await run('--model', 'owner/example', 'abc')).toBe(3);
    expect(printed.err).toMatch(/^ORZ_HUB_UNREACHABLE .*owner\/example/m);
    expect(printed.err).toContain('hf download owner/example --local-dir FOLDER');
  });
});

describe('wrong use', () => {
  it.each<[string[], ErrorCode, string]>([
    [['abc', '--model', 'no/such/folder'], 'ORZ_DATA_MISSING', 'no/such/folder'],
    [['abc', '--model', '.'], 'ORZ_DATA_MISSING', 'config.json'],
    [['abc', '--model', 'FOLDER', '--revision', 'main'], 'ORZ_CONFIG_INVALID', 'no revisions'],
    [['', '--model', 'FOLDER'], 'ORZ_USAGE', 'prompt is empty'],
    [['xyz', '--model', 'FOLDER'], 'ORZ_TOKENIZER', 'cannot encode'],
    [['abc', '--model', 'FOLDER', '--max-tokens', '5000'], 'ORZ_PROMPT_TOO_LONG', '160 positions'],
    [['abc', '--model', 'FOLDER', '--seed', 'x'], 'ORZ_CONFIG_INVALID', 'seed'],
    [['abc', '--model', 'FOLDER', '--backend', 'onx'], 'ORZ_BACKEND_UNKNOWN', 'onnx'],
    [['abc', '--model', 'FOLDER', '--top-p', '2'], 'ORZ_USAGE', '--top-p'],
  ])('%j is %s', async (args, code, message) => {
    const exitCode = await main([
      'generate',
      ...args.map((arg) => (arg === 'FOLDER' ? folder : arg)),
      ...(args.includes('--backend') ? [] : ['--backend', 'reference']),
    ]);
    expect(exitCode).toBe(exitCodes[errorKinds[code]]);
    expect(printed.err).toMatch(new RegExp(`^${code} `, 'm'));
    expect(printed.err).toContain(message);
  });

  it('a chat with a model that has no template is ORZ_TOKENIZER before any weights are read', async () => {
    const plain = await writeExampleFolder(temporaryFolder());
    writeFileSync(join(plain, 'model.safetensors'), 'no weights');
    expect(await run('--model', plain, 'abc', '--chat')).toBe(3);
    expect(printed.err).toMatch(/^ORZ_TOKENIZER /m);
  });
});

it('reads the prompt from standard input, without the line break at its end', async () => {
  const bin = new URL('../fixtures/orz-train.mjs', import.meta.url).pathname;
  const ask = (prompt: string[], input: string): Promise<string> =>
    new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        [bin, 'generate', ...prompt, '--model', folder, '--backend', 'reference', '--max-tokens', '2', '--json'],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      child.on('close', () => {
        resolve((JSON.parse(text) as Sample[])[0]!.prompt);
      });
      child.stdin.end(input);
    });
  expect(await ask(['-'], 'abc\n')).toBe('abc');
});
