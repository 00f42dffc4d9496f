import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { replay } from '../../../cli/commands/replay.js';
import { isOrzError } from '../../../core/errors.js';
import { runTiny, tiny } from '../../docs/tiny-run.js';
import { withoutColors } from '../terminal/without-colors.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orz-replay-'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(
    join(folder, 'broken.ts'),
    `
    import { definePlugin, div, exp, mul, neg, provide, sum, sub, where, equal, z } from 'open-reasoner-zero';
    export const createReward = () => ({
      name: 'nan',
      grade: (group) => group.map(({ index, responseLength }) => ({
        value: index === 1 && responseLength > 0 ? NaN : 1,
        verdict: 'correct',
      })),
    });
    export default definePlugin({ name: 'broken', provides: [
      provide('reward', 'nan', {
        description: 'x',
        settings: z.strictObject({}),
        create: () => ({ moduleUrl: import.meta.url, exportName: 'createReward', settings: {} }),
      }),
      provide('valueLoss', 'steep', {
        description: 'x',
        settings: z.strictObject({}),
        create: () => ({
          name: 'steep',
          settings: {},
          build: (_g, t) => ({ loss: sum(mul(t.weights, mul(sub(t.values, t.returns), 1e30))) }),
        }),
      }),
    ] });`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** The file a failing run wrote, by what its error says. */
async function failingRun(name: string, settings: Readonly<Record<string, unknown>>): Promise<string> {
  const error = await runTiny(folder, name, { settings: { ...tiny, plugins: '["./broken.ts"]', ...settings } }).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!isOrzError(error)) throw new Error(`no failure: ${String(error)}`);
  return /orz-train replay (\S+)$/.exec(error.details.remedy!)![1]!;
}

async function output(file: string, set: string[] = []): Promise<[code: number, text: string]> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    return [await replay(file, { set }), withoutColors(text)];
  } finally {
    write.mockRestore();
  }
}

describe('orz-train replay', () => {
  it('grades the group again, with the reward in a thread of its own', async () => {
    const file = await failingRun('reward', { reward: 'nan', 'evaluation.problems': 1, 'evaluation.samples': 1 });
    const [code, text] = await output(file);
    expect(code).toBe(1);
    expect(text).toMatch(/^grade of iteration 1: .*NaN[^]*It happens again:\nORZ_REWARD_INVALID .*NaN/);
    expect(await output(file, ['reward=math'])).toEqual([0, expect.stringContaining('It does not happen again')]);
  });

  it('does a failing update of the critic again, with the weights of that moment', async () => {
    const file = await failingRun('critic', { valueLoss: 'steep' });
    const [code, text] = await output(file);
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(
        /^update of iteration 1: The gradient of [^]*It happens again:\nORZ_NOT_FINITE The gradient of /,
      ),
    ]);
    expect(await output(file, ['valueLoss=value'])).toEqual([0, expect.stringContaining('It does not happen again')]);
  });

  it('refuses what is no record of a failure', async () => {
    const file = join(folder, 'other.json');
    writeFileSync(file, '{}');
    await expect(replay(file, {})).rejects.toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
    await expect(replay(join(folder, 'nothing.json'), {})).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
    expect(readFileSync(file, 'utf8')).toBe('{}');
  });
});
