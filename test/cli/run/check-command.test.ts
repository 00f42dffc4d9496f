import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.js';
import { lockFolder } from '../../../cli/run/lock.js';
import { useFolder } from '../commands/in-folder.js';
import { runTiny, tiny } from '../../docs/tiny-run.js';

const checkpoint = fileURLToPath(new URL('../../fixtures/checkpoints/qwen2-tied', import.meta.url));
const test = useFolder();
const servers: Server[] = [];

beforeEach(() => {
  vi.stubEnv('HF_HUB_OFFLINE', '1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

/** A port that something listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(test.folder, name), content);
};

/** A model whose files `damage` changes. */
function damagedModel(damage: (folder: string) => void): void {
  const folder = join(test.folder, 'model');
  cpSync(checkpoint, folder, { recursive: true });
  damage(folder);
}

const set = (...settings: readonly string[]): string[] => settings.flatMap((setting) => ['--set', setting]);
const ownModel = set('model={"type":"huggingface","path":"model"}', 'backend=reference');
const noHeldOut = '"evaluation":{}';

interface BrokenSetup {
  readonly what: string;
  /** Breaks something and returns the flags of the run. */
  readonly prepare: () => readonly string[] | Promise<readonly string[]>;
  /** A text of each problem: message, path or setting. */
  readonly problems: readonly (string | RegExp)[];
  readonly code: number;
}

const setups: readonly BrokenSetup[] = [
  {
    what: 'a misspelt key, two values of the wrong type and one of a plugin, in YAML',
    prepare: () => {
      write({ 'orz.config.yaml': 'seed: many\niteration: 3\ntemperature: hot\nadvantage: { type: gae, lambda: 7 }\n' });
      return [];
    },
    problems: [
      "There is no setting 'iteration'",
      '\'seed\' cannot be "many"',
      '\'temperature\' cannot be "hot"',
      "'advantage.lambda' cannot be 7",
      'orz.config.yaml',
    ],
    code: 2,
  },
  {
    what: 'an unknown backend, an unknown reward and an unknown sink',
    prepare: () => set('backend=tpu', 'reward=mathh', 'metrics=["csv"]'),
    problems: [/no backend 'tpu'/i, "'mathh'", "'csv'"],
    code: 2,
  },
  {
    what: 'a plugin that is not there, one that throws, and a wrong type',
    prepare: () => {
      write({ 'throws.mjs': 'throw new Error("out of order");' });
      return set('plugins=["./none.mjs","./throws.mjs"]', 'seed=x');
    },
    problems: ['none.mjs', 'throws.mjs', 'out of order', '\'seed\' cannot be "x"'],
    code: 2,
  },
  {
    what: 'two plugins that throw',
    prepare: () => {
      write({ 'one.mjs': 'throw new Error("first fault");', 'two.mjs': 'throw new Error("second fault");' });
      return set('plugins=["./one.mjs","./two.mjs"]', 'seed=x');
    },
    problems: ['one.mjs', 'first fault', 'two.mjs', 'second fault', '\'seed\' cannot be "x"'],
    code: 2,
  },
  {
    what: 'rules between settings, two of them',
    prepare: () => set('policyUpdateSteps=100000', 'criticUpdateSteps=100000'),
    problems: ["'policyUpdateSteps' does not fit", "'criticUpdateSteps' does not fit"],
    code: 2,
  },
  {
    what: 'a taken port and a webhook without an address',
    prepare: async () => set(`metrics=[{"type":"prometheus","port":${await takenPort()}},"webhook"]`),
    problems: ['cannot listen on 127.0.0.1, port', 'webhook', 'ORZ_WEBHOOK_URL', '2 problems'],
    code: 2,
  },
  {
    what: 'a damaged header of the weights, and a run folder with something else in it',
    prepare: () => {
      damagedModel((folder) => {
        const path = join(folder, 'model.safetensors');
        writeFileSync(path, Buffer.from(readFileSync(path)).fill(0x7b, 8, 40));
      });
      mkdirSync('taken');
      write({ 'taken/letter.txt': 'private' });
      return [...ownModel, '--run-dir', 'taken'];
    },
    problems: ['taken is not empty', 'letter.txt', 'model.safetensors', '2 problems'],
    code: 2,
  },
  {
    what: 'a tokenizer that is no JSON, and no CUDA',
    prepare: () => {
      damagedModel((folder) => {
        writeFileSync(join(folder, 'tokenizer.json'), '{"model":');
      });
      return [...ownModel, ...set('backend={"type":"onnx","provider":"cuda"}')];
    },
    problems: ['cuda', 'tokenizer.json', '2 problems'],
    code: 4,
  },
  {
    what: 'torn weights, and four data files that are not there',
    prepare: () => {
      damagedModel((folder) => {
        truncateSync(join(folder, 'model.safetensors'), 2000);
      });
      const data = '{"type":"files","train":["a.jsonl","b.jsonl"],"evaluation":{"x":"c.jsonl","y":"d.jsonl"}}';
      return [...ownModel, ...set(`data=${data}`)];
    },
    problems: ['model.safetensors', /a\.jsonl, nor .*b\.jsonl, nor .*c\.jsonl, nor .*d\.jsonl/, '2 problems'],
    code: 3,
  },
  {
    what: 'a file in place of a model, and malformed data',
    prepare: () => {
      write({ model: 'no folder', 'bad.jsonl': '{"problem": "3+4", "ans\n' });
      return [...ownModel, ...set(`data={"type":"files","train":["bad.jsonl"],${noHeldOut}}`)];
    },
    problems: [/ORZ_[A-Z_]+ .*model/, 'bad.jsonl', '2 problems'],
    code: 3,
  },
  {
    what: 'a model too large for this machine, not at hand, and data that are not there',
    prepare: () => ['--preset', 'orz-32b', ...set(`data={"type":"files","train":["none.jsonl"],${noHeldOut}}`)],
    problems: ['ORZ_INSUFFICIENT', 'ORZ_HUB_UNREACHABLE', 'none.jsonl', '3 problems'],
    code: 4,
  },
  {
    what: 'a run folder that another process uses, and a taken port',
    prepare: async () => {
      mkdirSync('run');
      const lock = await lockFolder(join(test.folder, 'run'));
      servers.push({ close: () => void lock.release() } as unknown as Server);
      return ['--run-dir', 'run', ...set(`metrics=[{"type":"prometheus","port":${await takenPort()}}]`)];
    },
    problems: ['ORZ_RUN_LOCKED', 'cannot listen on', '2 problems'],
    code: 2,
  },
  {
    what: 'a run folder below a file, and two sinks that want one port',
    prepare: () => {
      write({ taken: 'a file' });
      const sink = '{"type":"prometheus","port":19465}';
      return ['--run-dir', 'taken/run', ...set(`metrics=[${sink},${sink}]`)];
    },
    problems: ['There is a file where a folder is needed', 'port 19465', '2 problems'],
    code: 1,
  },
  {
    what: 'a folder that holds no run to resume',
    prepare: () => {
      mkdirSync('foreign');
      return ['--resume', 'foreign'];
    },
    problems: ['There is no run in foreign', '--resume'],
    code: 3,
  },
];

/** What the command prints, and its exit code. */
async function outcome(flags: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  const code = await main(['--check', ...flags]);
  return { text: test.printed.out + test.printed.err, code };
}

describe('orz-train --check', () => {
  it.each(setups)('names every problem of $what', async ({ prepare, problems, code }) => {
    const found = await outcome(await prepare());
    for (const problem of problems)
      expect(found.text).toEqual(
        typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
      );
    expect(found.code).toBe(code);
    expect(found.text).not.toContain('Unexpected error');
  });

  it('finds nothing wrong with a right set-up, and the run then starts and ends', async () => {
    const settings = { ...tiny, metrics: '["jsonl",{"type":"prometheus","port":0}]' };
    const { text, code } = await outcome(set(...Object.entries(settings).map((each) => each.join('='))));
    expect(text).toContain('Everything is ready');
    expect(code).toBe(0);
    expect((await runTiny(process.cwd(), 'started', { settings })).summary.iterations).toBe(1);
  });
});
