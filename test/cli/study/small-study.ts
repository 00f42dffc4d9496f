import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StudyInput } from '../../../core/study/study.js';
import type { StudyResults } from '../../../core/study/results.js';
import { tiny } from '../../docs/tiny-run.js';

/** `{ 'a.b': 1 }` as `{ a: { b: 1 } }`. */
function nested(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(settings)) {
    const [key = '', ...rest] = path.split('.');
    tree[key] = rest.length === 0 ? value : { ...(tree[key] as object), [rest.join('.')]: value };
  }
  return tree;
}

/** Two arms with two seeds, of runs that take about a second. */
export const smallStudy: StudyInput = {
  name: 'small',
  title: 'A small study',
  question: 'Does λ matter?',
  presets: ['orz-tiny'],
  settings: nested({ ...tiny, iterations: 2, 'checkpoint.every': 1 }),
  arms: [{ name: 'λ = 1' }, { name: 'λ = 0.5', settings: { advantage: { lambda: 0.5 } } }],
  seeds: [1, 2],
  outcomes: [
    { metric: 'responseLength', label: 'response length', at: { lastIterations: 2 } },
    { metric: 'evaluation/held-out/reward', label: 'held-out reward', at: 'last' },
  ],
  plots: ['responseLength', 'evaluation/held-out/reward'],
};

/** Writes the study as a file that a user could have; returns its path for the command line. */
export function writeStudy(folder: string, change: Partial<StudyInput> = {}): string {
  const study = { ...smallStudy, ...change };
  const file = join(folder, `${study.name}.ts`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `import { defineStudy } from 'open-reasoner-zero';\nexport default defineStudy(${JSON.stringify(study)});\n`,
  );
  return `./${study.name}.ts`;
}

export const readText = (folder: string, name: string, file: string): string =>
  readFileSync(join(folder, 'runs', 'studies', name, file), 'utf8');

export const readResults = (folder: string, name: string): StudyResults =>
  JSON.parse(readText(folder, name, 'study.json')) as StudyResults;
