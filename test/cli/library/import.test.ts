import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../cli/setup/project.mjs';

/** Prints the address of every module that is loaded. */
const hook = `
  import { writeSync } from 'node:fs';
  export const load = (url, context, next) => {
    writeSync(1, url + '\\n');
    return next(url, context);
  };`;
const dataUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`;
const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;

/** The modules that a program loads by importing the built package and nothing else. */
function importedModules(): string[] {
  const library = pathToFileURL(join(packageRoot, 'dist', 'cli', 'index.js')).href;
  const program = `await import(${JSON.stringify(library)});`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', dataUrl(register), '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((url) => url.startsWith('file:'));
}

describe('importing the package', () => {
  let urls: string[];
  beforeAll(() => {
    urls = importedModules();
  });

  it('loads no package but the two that the public surface is made of', () => {
    const packages = urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].toSorted()).toEqual(['@huggingface/tokenizers', 'zod']);
  });

  it('loads neither commands, pages, backends nor the training loop', () => {
    const own = urls.filter((url) => !url.includes('node_modules'));
    expect(own.filter((url) => /\/(?:plugins|presets|cli\/\w+)\//.test(url))).toEqual([]);
    expect(own.filter((url) => /\/core\/(?:boundary|container|train)\//.test(url)).length).toBeLessThan(12);
  });

  it('stays small', () => {
    // A module costs 0.4 to 0.8 ms. Zod alone has 95, most of them translations of its messages.
    const own = urls.filter((url) => !url.includes('node_modules'));
    expect(own.length).toBeGreaterThan(10);
    expect(own.length).toBeLessThanOrEqual(90);
    expect(urls.length).toBeLessThanOrEqual(185);
  });
});
