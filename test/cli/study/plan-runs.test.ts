import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.js';
import { gatherStudy } from '../../../cli/study/gather-arms.js';
import { runsInMemory } from '../../../cli/study/jobs.js';
import { distinctRuns, planRuns, type PlannedArm } from '../../../cli/study/plan-runs.js';
import { differingFrom } from '../../../cli/study/collect.js';
import { loadStudy, parseStudy } from '../../../cli/study/load-study.js';
import { studyCatalog } from '../../../presets/studies/index.js';
import type { StudyInput } from '../../../core/study/study.js';
import { useFolder } from '../commands/in-folder.js';
import { smallStudy, writeStudy } from './small-study.js';

const test = useFolder();

const plugin = `import { definePlugin, provide, z } from 'open-reasoner-zero';
const create = () => ({ needsReference: false });
const kl = provide('kl', 'mine', { description: 'none', settings: z.strictObject({}), create });
export default definePlugin({ name: 'mine', provides: [kl] });`;

async function planned(change: Partial<StudyInput> = {}, set: readonly string[] = []): Promise<PlannedArm[]> {
  const study = parseStudy({ ...smallStudy, ...change }, 'test');
  const gathered = await gatherStudy({ study, folder: test.folder, named: 'test' }, set, test.folder);
  return planRuns(gathered, study.seeds, 'runs/studies');
}

const namesOf = (arms: readonly PlannedArm[]): string[] => distinctRuns(arms).map(({ name }) => name);

describe('planRuns', () => {
  it('names a run after presets, seed and settings, whatever the study, its arms and their order', async () => {
    const [first, ...others] = namesOf(await planned());
    expect(first).toMatch(/^orz-tiny-seed-1-[0-9a-f]{8}$/);
    expect(new Set([first, ...others]).size).toBe(4);
    const other = { name: 'other', arms: [{ name: 'same', settings: { advantage: { lambda: 1 } } }] };
    expect(namesOf(await planned(other))[0]).toBe(first);
    const reordered = { arms: smallStudy.arms.toReversed() };
    expect(namesOf(await planned(reordered)).sort()).toEqual([first, ...others].sort());
  });

  it('plans all arms of a seed before the next seed', async () => {
    expect(distinctRuns(await planned()).map(({ label }) => label)).toEqual([
      'λ = 1, seed 1',
      'λ = 0.5, seed 1',
      'λ = 1, seed 2',
      'λ = 0.5, seed 2',
    ]);
  });

  it('gives other runs other names: other settings, flags, or code of plugins', async () => {
    const before = namesOf(await planned());
    expect(namesOf(await planned({}, ['temperature=0.9']))).not.toContain(before[0]);
    const plugins = { settings: { ...smallStudy.settings, plugins: ['./mine.mjs'] } };
    const write = (version: number): void => {
      writeFileSync(join(test.folder, 'mine.mjs'), `${plugin}\n// version ${version}\n`);
    };
    write(1);
    const [mine] = namesOf(await planned(plugins));
    expect(before).not.toContain(mine);
    write(2);
    expect(namesOf(await planned(plugins))).not.toContain(mine);
  });

  it('starts all runs from one base model, which neither seed nor arm changes', async () => {
    const arms = [
      ...smallStudy.arms,
      { name: 'other steps', settings: { optimizer: { weightDecay: 0.1 } } },
      { name: 'other model', settings: { model: { layers: 2 } } },
    ];
    const plan = await planned({ arms });
    const bases = plan.map(({ runs }) => new Set(runs.map(({ base }) => base!.name)));
    expect(bases.map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    const [main, lambda, steps, model] = bases.map(([name]) => name);
    expect([lambda, steps]).toEqual([main, main]);
    expect(model).not.toBe(main);
    for (const { runs } of plan)
      for (const { gathered, base } of runs)
        expect(gathered.resolved.config.model).toMatchObject({ type: 'huggingface', path: base!.folder });
  });

  it('takes one thread for each run, unless the study states another number', async () => {
    const onnx = { settings: { backend: { type: 'onnx', provider: 'cpu' } } };
    const threads = (plan: readonly PlannedArm[]): unknown => plan[0]!.gathered.resolved.config.backend['threads'];
    expect(threads(await planned(onnx))).toBe(1);
    expect(threads(await planned(onnx, ['backend.threads=2']))).toBe(2);
    expect(threads(await planned())).toBeUndefined();
  });
});

describe('every shipped study', () => {
  it.each([...studyCatalog.keys()])(
    '%s: its settings are sound, and every arm differs from the first',
    async (name) => {
      const gathered = await gatherStudy(await loadStudy(name, test.folder), [], test.folder);
      const [main, ...others] = await planRuns(gathered, [1], 'runs/studies');
      const same = others.filter((arm) => differingFrom(main, arm).length === 0);
      expect(same.map((arm) => arm.name)).toEqual([]);
    },
  );
});

describe('orz-train study --plan', () => {
  it('shows every run and starts none', async () => {
    expect(await main(['study', writeStudy(test.folder), '--plan', '--seeds', '7'])).toBe(0);
    expect(test.printed.out).toMatch(
      /^2 runs, 0 of them finished\narm +seed +differs in +state +run\nλ = 1 +7 +main arm +new +orz-tiny-seed-7-\w+\n/,
    );
    expect(test.printed.out).toMatch(/λ = 0\.5 +7 +advantage\.lambda 0\.5 +new /);
    expect(existsSync(join(test.folder, 'runs'))).toBe(false);
  });
});

describe('runsInMemory', () => {
  const uses = (needed: number, usable: number) => ({ of: 'host' as const, needed, usable, free: usable, where: '' });
  it.each([
    [[[uses(1, 3.5)]], 3],
    [[[uses(1, 9), uses(2, 5)], [uses(1, 4)]], 2],
    [[[uses(4, 3)]], 1],
  ])('%#: as many as the smallest memory holds, and one in any case', (plans, count) => {
    expect(runsInMemory(plans.map((memoryUses) => ({ memoryUses })))).toBe(count);
  });
  it('knows no limit where the memory is not known', () => {
    expect(runsInMemory([{}])).toBe(Infinity);
  });
});
