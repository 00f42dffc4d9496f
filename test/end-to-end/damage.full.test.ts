import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportModel } from '../../cli/commands/export.js';
import { gatherConfig } from '../../cli/config/gather.js';
import { loadAssets } from '../../cli/dashboard/assets.js';
import { makeReport } from '../../cli/dashboard/report.js';
import { openRun } from '../../cli/dashboard/run-reader.js';
import { openModel } from '../../cli/model/open-model.js';
import { executeRun } from '../../cli/run/execute.js';
import { isOrzError } from '../../core/errors.js';
import { silentEvents } from '../../core/silent-events.js';
import { emptyFolder, oneOrTwoSeconds, readTree, runIn, type Settings } from './run-in-folder.js';

const small: Settings = { ...oneOrTwoSeconds, iterations: 2 };
const folder = emptyFolder();
const work = join(folder, 'work');

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await runIn(folder, 'sound', small);
});
afterEach(() => {
  for (const name of ['work', 'out']) rmSync(join(folder, name), { recursive: true, force: true });
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const replace = (make: (file: string) => void) => (file: string) => {
  rmSync(file, { recursive: true, force: true });
  make(file);
};
const damages: Readonly<Record<string, (file: string) => void>> = {
  missing: replace(() => undefined),
  empty: replace((file) => writeFileSync(file, '')),
  torn: (file) => truncateSync(file, Math.ceil(readFileSync(file).length * 0.6)),
  'of one flipped bit': (file) => {
    const content = readFileSync(file);
    const middle = content.length >> 1;
    content.set([content[middle]! ^ 1], middle);
    writeFileSync(file, content);
  },
  'one byte longer': (file) => appendFileSync(file, 'x'),
  garbage: replace((file) =>
    writeFileSync(
      file,
      Uint8Array.from({ length: 300 }, (_, i) => (i * 73 + 11) & 255),
    ),
  ),
  'JSON of nothing': replace((file) => writeFileSync(file, 'null\n')),
  'a folder': replace((file) => {
    mkdirSync(file);
    writeFileSync(join(file, 'mine'), 'x');
  }),
  'a link to nothing': replace((file) => symlinkSync('/nowhere/at-all', file)),
  'a link to itself': replace((file) => symlinkSync(file, file)),
  ...(process.platform !== 'win32' && { 'a named pipe': replace((file) => execFileSync('mkfifo', [file])) }),
};

async function resume(iterations: number): Promise<unknown> {
  const { layers, plugins } = await gatherConfig({ resume: work, iterations: String(iterations) }, folder);
  return executeRun(
    { layers, plugins, runDir: work, uniqueRunDir: false, resume: { required: true, force: false } },
    {
      events: silentEvents,
      signal: new AbortController().signal,
      onStarted: () => undefined,
      onMetrics: () => undefined,
    },
  );
}

const readers: Readonly<Record<string, () => Promise<unknown>>> = {
  resume: () => resume(2),
  export: () => exportModel(join(folder, 'out'), { runDir: work, dtype: 'f32', maxShardSize: '5GB' }),
  generate: async () => {
    const model = await openModel({ runDir: work }, silentEvents, new AbortController().signal);
    try {
      for await (const _ of (await model.load()).weights());
    } finally {
      await model.close();
    }
  },
  report: async () => makeReport([await openRun(work)], await loadAssets()),
};

/** `works`, or the code of the error, which must name the file and say what to do. */
async function outcome(read: () => Promise<unknown>, file: string): Promise<string> {
  try {
    await read();
    return 'works';
  } catch (error) {
    if (!isOrzError(error)) throw error;
    // A manifest that was changed finds fault with the files it lists.
    const named = file.startsWith('checkpoints/final/') ? 'checkpoints/final/' : file;
    expect(`${error.message} ${error.details.origin}`, error.code).toContain(named);
    expect(error.details.remedy, error.message).toMatch(/\S{3}/);
    return error.code;
  }
}

/** Of each reader; of a run that goes on only if `resumed`, because that takes seconds. */
async function outcomes(file: string, damage: string, resumed: boolean): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, read] of Object.entries(readers)) {
    if (name === 'resume' && !resumed) continue;
    rmSync(work, { recursive: true, force: true });
    cpSync(join(folder, 'sound'), work, { recursive: true });
    damages[damage]!(join(work, file));
    found[name] = await outcome(read, file);
  }
  return found;
}

const names = Object.keys(damages);
/** What stands in place of a file and is none. */
const noFile = names.slice(names.indexOf('a folder'));

describe('a damaged file of the newest checkpoint', () => {
  const checkpoint = 'checkpoints/final';
  it.each(
    [
      'manifest.json',
      'state.json',
      'policy/config.json',
      'policy/tokenizer.json',
      'policy/model.safetensors',
      'critic/model.safetensors',
      'optimizer/policy.safetensors',
    ].flatMap((file) => names.map((damage) => [`${checkpoint}/${file}`, damage] as const)),
  )('%s %s: the run goes on from the one before, and no model is read from it', async (file, damage) => {
    // Whether damage is noticed does not depend on the reader: two kinds show that a run goes on.
    const resumed = damage === 'of one flipped bit' || damage === 'a folder';
    expect(await outcomes(file, damage, resumed)).toEqual({
      ...(resumed && { resume: 'works' }),
      export: 'ORZ_CHECKPOINT',
      generate: 'ORZ_CHECKPOINT',
      report: 'works',
    });
  });
});

describe('another damaged file of a run', () => {
  const all = { resume: 'works', export: 'works', generate: 'works', report: 'works' };
  const expectations: readonly [file: string, damaged: object, replaced: object][] = [
    ['summary.json', {}, { resume: 'ORZ_STORAGE' }],
    ['metrics.jsonl', {}, {}],
    ['.files', {}, { resume: 'ORZ_STORAGE' }],
    ['checkpoints/base-evaluation.json', {}, {}],
  ];
  it.each(
    expectations.flatMap(([file, damaged, replaced]) => names.map((name) => [file, name, damaged, replaced] as const)),
  )('%s %s is survived or named', async (file, damage, damaged, replaced) => {
    const found = await outcomes(file, damage, true);
    const { report, ...others } = { ...all, ...(noFile.includes(damage) ? replaced : damaged) };
    expect(found).toMatchObject(others);
    // A report reads only regular files, and a folder counts as none.
    expect([report, 'ORZ_STORAGE']).toContain(found['report']);
  });

  it.each(names)('config.json %s: the settings are those of the checkpoint', async (damage) => {
    const { resume: resumed, export: exported } = await outcomes('config.json', damage, true);
    // A flipped bit may name another setting or another provider, which is refused by name.
    expect(damage.includes('bit') ? /works|ORZ_CONFIG|ORZ_RESUME|ORZ_PLUGIN_UNKNOWN/ : /works/).toSatisfy(
      (right: RegExp) => right.test(resumed!),
    );
    expect(exported).toBe('works');
  });

  it('that are all checkpoints: nothing else is touched', async () => {
    cpSync(join(folder, 'sound'), work, { recursive: true });
    rmSync(join(work, 'checkpoints'), { recursive: true });
    const before = readTree(work);
    await expect(resume(2)).rejects.toMatchObject({ code: 'ORZ_CHECKPOINT' });
    expect(readTree(work)).toEqual(before);
  });

  it('of responses is left out of a report, which says so', async () => {
    cpSync(join(folder, 'sound'), work, { recursive: true });
    const [file] = readdirSync(join(work, 'rollouts'));
    truncateSync(join(work, 'rollouts', file!), 40);
    expect(await makeReport([await openRun(work)], await loadAssets())).toContain(`Damaged and left out: ${file}`);
  });

  it('of metrics goes on with whole lines', async () => {
    cpSync(join(folder, 'sound'), work, { recursive: true });
    truncateSync(join(work, 'metrics.jsonl'), readFileSync(join(work, 'metrics.jsonl')).length - 9);
    await resume(3);
    const lines = readFileSync(join(work, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { iteration: number }).iteration)).toEqual([1, 3]);
  });

  it('that is a link out of the folder is never written through', async () => {
    const outside = join(folder, 'outside.txt');
    for (const name of ['metrics.jsonl', 'rollouts', 'config.json']) {
      cpSync(join(folder, 'sound'), work, { recursive: true });
      writeFileSync(outside, 'theirs');
      damages['missing']!(join(work, name));
      symlinkSync(name === 'rollouts' ? folder : outside, join(work, name));
      await resume(3).catch(() => undefined);
      expect(readFileSync(outside, 'utf8')).toBe('theirs');
      expect(existsSync(join(folder, '000003.train.jsonl.gz'))).toBe(false);
      rmSync(work, { recursive: true });
    }
  });
});
