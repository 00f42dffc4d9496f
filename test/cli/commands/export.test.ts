import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collectTensors } from '../../../core/conformance/example-model.js';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import { exportModel, type ExportFlags } from '../../../cli/commands/export.js';
import { createDiskFolder } from '../../../cli/platform/disk-folder.js';
import { fixtureFolder } from '../../fixtures/checkpoints/fixtures.js';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli } from './run-cli.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/checkpoints/${name}`, import.meta.url));
const flags = (changes: Partial<ExportFlags> = {}): ExportFlags => ({
  model: fixture('qwen2-untied-bf16'),
  dtype: 'bf16',
  maxShardSize: '5GB',
  ...changes,
});

describe('orz-train export', () => {
  it('writes a model folder again; bf16 comes back as it was', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await runCli(
      ['export', 'out', '--model', fixture('qwen2-untied-bf16'), '--max-shard-size', '20kB'],
      folder,
    );
    expect([code, stdout]).toEqual([0, expect.stringMatching(/out {2}policy, 20\.\d k parameters in bf16, \d+ files/)]);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(1);
    const weights = async (source: Parameters<typeof loadModelFolder>[0]) =>
      collectTensors((await loadModelFolder(source)).weights());
    expect(await weights(createDiskFolder(join(folder, 'out')))).toEqual(
      await weights(fixtureFolder('qwen2-untied-bf16')),
    );
  });

  it('takes a critic too', async () => {
    const out = join(temporaryFolder(), 'critic');
    expect(await exportModel(out, flags({ model: fixture('qwen3-critic'), dtype: 'f32' }))).toBe(0);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({
      architectures: ['Qwen3ForTokenClassification'],
      torch_dtype: 'float32',
    });
  });

  it('writes whole numbers as floats where transformers wants floats', async () => {
    const out = join(temporaryFolder(), 'llama');
    await exportModel(out, flags({ model: fixture('llama3-untied') }));
    expect(readFileSync(join(out, 'config.json'), 'utf8')).toMatch(/"rope_theta": 500000\.0,[^]*"factor": 8\.0,/);
  });

  it('never replaces a folder that holds something', async () => {
    const out = join(temporaryFolder(), 'mine');
    mkdirSync(out);
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await expect(exportModel(out, flags())).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      message: expect.stringContaining('exists already') as string,
    });
    await expect(exportModel(join(out, 'notes.txt'), flags())).rejects.toMatchObject({ code: 'ORZ_USAGE' });
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });

  it.each([
    [{ dtype: 'int8' }, '--dtype'],
    [{ maxShardSize: '5 apples' }, '--max-shard-size'],
    [{ maxShardSize: '0' }, '--max-shard-size'],
    [{ critic: true }, '--model'],
    [{ runDir: 'runs/x' }, '--model'],
    [{ adapter: true }, '--model'],
  ] as const)('refuses %o', async (changes, flag) => {
    const out = join(temporaryFolder(), 'out');
    await expect(exportModel(out, flags(changes))).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { origin: flag },
    });
  });

  it('leaves nothing when the model cannot be read, and takes nothing away', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const missing = { code: 'ORZ_DATA_MISSING' };
    await expect(exportModel(out, flags({ model: folder }))).rejects.toMatchObject(missing);
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(out);
    await expect(exportModel(out, flags({ model: folder }))).rejects.toMatchObject(missing);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('takes the place of an empty folder, but not of a link to one', async () => {
    const folder = temporaryFolder();
    for (const name of ['empty', 'target']) mkdirSync(join(folder, name));
    symlinkSync('target', join(folder, 'link'));
    expect(await exportModel(join(folder, 'empty'), flags())).toBe(0);
    await expect(exportModel(join(folder, 'link'), flags())).rejects.toMatchObject({ code: 'ORZ_USAGE' });
    expect(readdirSync(join(folder, 'target'))).toEqual([]);
  });

  it.each(['iteration-000009', 'mine', 'final/policy/again'])(
    'does not write checkpoints/%s, which a run would take for a checkpoint',
    async (name) => {
      const run = join(temporaryFolder(), 'run');
      mkdirSync(join(run, 'checkpoints', 'final', 'policy'), { recursive: true });
      writeFileSync(join(run, '.files'), '');
      const refused = { code: 'ORZ_USAGE', message: expect.stringContaining('among the checkpoints') as string };
      await expect(exportModel(join(run, 'checkpoints', name), flags())).rejects.toMatchObject(refused);
      symlinkSync(join(run, 'checkpoints'), join(run, 'link'));
      await expect(exportModel(join(run, 'link', name), flags())).rejects.toMatchObject(refused);
      expect(readdirSync(join(run, 'checkpoints'))).toEqual(['final']);
      expect(await exportModel(join(run, 'exported'), flags())).toBe(0);
    },
  );
});
