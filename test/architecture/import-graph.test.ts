import { describe, expect, it } from 'vitest';
import { importCycles, importGraph } from './import-graph.mjs';
import { parse } from './source-files.mjs';

const graphOf = (files: Record<string, string>) =>
  importGraph(new Map(Object.entries(files).map(([file, text]) => [file, parse(file, text)])));
const cyclesOf = (files: Record<string, string>): string[][] => importCycles(graphOf(files));

describe('import graph', () => {
  it('resolves relative imports of .js to .ts, .tsx and .mjs, and leaves packages out', () => {
    const graph = graphOf({
      'core/a.ts': `import z from 'zod'; import './b.js'; export * from '../plugins/c.js'; import './d.mjs';`,
      'core/b.ts': `let x: import('./a.js').A; const y = import('./missing.js');`,
      'plugins/c.tsx': '',
      'core/d.mjs': '',
    });
    expect(graph.get('core/a.ts')).toEqual(['core/b.ts', 'plugins/c.tsx', 'core/d.mjs']);
    expect(graph.get('core/b.ts')).toEqual(['core/a.ts', 'core/missing.js']);
  });

  it('has no cycle if several files share what they import', () => {
    const files = {
      'a.ts': `import './b.js'; import './c.js';`,
      'b.ts': `import './d.js';`,
      'c.ts': `import './d.js'; import './b.js';`,
      'd.ts': '',
    };
    expect(cyclesOf(files)).toEqual([]);
  });

  it('finds cycles of two and of three files, also type-only ones, and not what only leads to them', () => {
    const files = {
      'start.ts': `import './x.js';`,
      'x.ts': `import './y.js';`,
      'y.ts': `import type { X } from './x.js'; import './c.js';`,
      'c.ts': `import './a.js';`,
      'a.ts': `import './b.js';`,
      'b.ts': `export type { C } from './c.js';`,
    };
    expect(cyclesOf(files)).toEqual([
      ['a.ts', 'b.ts', 'c.ts'],
      ['x.ts', 'y.ts'],
    ]);
  });
});
