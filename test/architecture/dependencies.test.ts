import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { violationsIn, violationsInTree } from './dependency-rules.mjs';

describe('direction of dependencies', () => {
  it('holds in the whole tree', () => {
    expect(violationsInTree(fileURLToPath(new URL('../..', import.meta.url)))).toEqual([]);
  });

  it.each([
    ['core/a.ts', `import { readFileSync } from 'node:fs';`, 'does not have'],
    ['core/a.ts', `import fs from 'fs';`, 'does not have'],
    ['core/a.ts', `const x = await import('onnxruntime-node');`, 'does not have'],
    ['core/a.ts', `import type { Gpu } from 'webgpu';`, 'does not have'],
    ['core/a.ts', `export * from '../plugins/kl/plugin.js';`, 'core imports plugins/kl'],
    ['core/deep/a.ts', `import { base } from '../../presets/base.js';`, 'core imports presets/base'],
    ['core/a.ts', `console.log(1);`, 'core uses console'],
    ['core/a.ts', `export const cores = process.env;`, 'core uses process'],
    ['core/a.ts', `let x: import('node:fs').Stats;`, 'does not have'],
    ['plugins/kl/plugin.ts', `import x from '../loss-ppo/plugin.js';`, 'imports another plugin'],
    ['plugins/kl/plugin.ts', `import x from '../../cli/main.js';`, 'plugins imports cli/main'],
    ['presets/a.ts', `import x from '../plugins/kl/plugin.js';`, 'presets imports plugins'],
    ['cli/a.ts', `import x from '../test/helper.js';`, 'cli imports test/helper'],
  ])('%s may not contain %s', (file, text, message) => {
    expect(violationsIn(file, text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['core/a.ts', `import { z } from 'zod'; import { b } from './b.js';`],
    ['core/a.ts', `const table = { process: 1 }; table.process; interface A { console: string }`],
    [
      'plugins/kl/plugin.ts',
      `import { x } from './settings.js'; import { y } from '../../core/errors.js'; import { readFile } from 'node:fs';`,
    ],
    ['plugins/kl/deep/a.ts', `import { x } from '../settings.js';`],
    ['cli/a.ts', `import x from '../plugins/kl/plugin.js'; import y from '../presets/index.js';`],
  ])('%s may contain %s', (file, text) => {
    expect(violationsIn(file, text)).toEqual([]);
  });
});
