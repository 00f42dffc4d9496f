import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureFile, measureTree } from './measures.mjs';

describe('measureFile', () => {
  it('counts non-null assertions, not negations or comparisons', () => {
    const text = `const a = b!;\nconst c = d![0]!.e!;\nif (!a && a !== c) f(!a);\nlet g!: number;\n`;
    expect(measureFile('a.ts', text).assertions).toBe(4);
  });

  it('counts lines and parameters of every function that has a body', () => {
    const text = [
      'function one(a: number, b = 2, ...rest: number[]): void {',
      '  return rest.forEach((x) => a + x);',
      '}',
      'class C {',
      '  constructor(readonly a: number) {}',
      '  two({ a, b }: { a: number; b: number }): number {',
      '    return a + b;',
      '  }',
      '}',
      'interface I { three(a: number, b: number): void }',
      'declare function four(a: number): void;',
    ].join('\n');
    expect(measureFile('a.ts', text).functions).toEqual([
      { lines: 3, parameters: 3 },
      { lines: 1, parameters: 1 },
      { lines: 1, parameters: 1 },
      { lines: 3, parameters: 1 },
    ]);
  });

  it('counts lines over 120 columns, strings and comments included', () => {
    const lines = ['x'.repeat(120), 'x'.repeat(121), `// ${'x'.repeat(118)}`, `const s = '${'x'.repeat(110)}';`];
    expect(measureFile('a.ts', lines.join('\n')).long).toBe(3);
  });

  it('counts blank lines, and lines of comments but not code with a comment behind it', () => {
    const text = ['/**', ' * Two.', ' */', 'const a = 1; // one', '', '  // alone', 'const b = 2;', ''].join('\n');
    expect(measureFile('a.ts', text)).toMatchObject({ lines: 7, blank: 1, comment: 4 });
  });

  it('finds nothing in an empty file', () => {
    expect(measureFile('a.ts', '')).toMatchObject({ long: 0, comment: 0, assertions: 0, functions: [] });
  });
});

describe('measureTree', () => {
  it('adds up all files of the folders, and nothing else', () => {
    const root = mkdtempSync(join(tmpdir(), 'measures-'));
    try {
      for (const folder of ['core', 'other']) mkdirSync(join(root, folder));
      writeFileSync(join(root, 'core/a.ts'), `import { b } from './b.js';\nexport const a = (x: number) => b![x]!;\n`);
      writeFileSync(join(root, 'core/b.ts'), `import type { a } from './a.js';\nexport const b = [1];\n`);
      writeFileSync(join(root, 'core/notes.md'), 'x'.repeat(200));
      writeFileSync(join(root, 'other/c.ts'), 'x'.repeat(200));
      expect(measureTree(root, ['core'])).toEqual({
        Files: '2',
        Lines: '4',
        'Lines of a file: median / 95 % / longest': '2 / 2 / 2',
        'Lines of a function: median / 95 % / longest': '1 / 1 / 1',
        'Functions of more than 30 lines': '0',
        'Functions with more than 4 parameters': '0',
        'Lines over 120 columns': '0 (0.0 %)',
        'Non-null assertions (`!`) per 1,000 lines': '500.0',
        'Share of lines that are comments': '0 %',
        'Cycles of imports, types included': '1',
      });
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
