import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { generate } from './cluster-run.js';

const isThere = spawnSync('shellcheck', ['--version']).status === 0;

describe.skipIf(!isThere)('shellcheck, where it is installed', () => {
  it('finds nothing in the scripts', async () => {
    const { names, text } = await generate({ preset: ['orz-32b'] });
    const folder = temporaryFolder();
    const scripts = names.filter((name) => /\.sh$|\.sbatch$/.test(name));
    for (const name of scripts) writeFileSync(join(folder, name), text(name));
    const { stdout } = spawnSync('shellcheck', ['-x', ...scripts], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
