import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/report-error.js';
import { errorKinds } from '../../core/error-kinds.js';
import { errorCodes, isOrzError, nearest, OrzError } from '../../core/errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('error codes', () => {
  const rows = read('docs/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  it('are listed in docs/errors.md, each once and no other, in the same order', () => {
    expect(rows.map((row) => /^\| `(\w+)`/.exec(row)?.[1])).toEqual([...errorCodes]);
  });

  it('come with a meaning and a remedy in docs/errors.md', () => {
    for (const row of rows)
      expect(
        row
          .split('|')
          .slice(3, 5)
          .map((cell) => cell.trim().length > 5),
        row,
      ).toEqual([true, true]);
  });

  it('come with their kind in docs/errors.md, and kinds with their exit code', () => {
    expect(rows.map((row) => row.split('|')[2]?.trim())).toEqual(errorCodes.map((code) => errorKinds[code]));
    const { ok, ...codes } = exitCodes;
    for (const [kind, code] of Object.entries(codes))
      expect(read('docs/errors.md')).toMatch(new RegExp(`^\\| ${kind} +\\| ${code} `, 'm'));
    expect(ok).toBe(0);
  });

  it('are each raised somewhere in the sources', () => {
    const sources = ['core', 'plugins', 'cli', 'presets']
      .flatMap(typescriptFiles)
      .filter((path) => path !== join('core', 'errors.ts'))
      .map(read)
      .join('\n');
    expect(errorCodes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });
});

/** Paths of all TypeScript sources below a folder; packages installed inside it are not ours. */
function typescriptFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : typescriptFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

describe('OrzError', () => {
  it('carries code, message, details and cause', () => {
    const cause = new Error('below');
    const error = new OrzError('ORZ_STORAGE', 'cannot write', { value: 3, origin: 'disk', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'OrzError',
      code: 'ORZ_STORAGE',
      message: 'cannot write',
      details: { value: 3, origin: 'disk' },
    });
    expect(error.cause).toBe(cause);
    expect('cause' in new OrzError('ORZ_STORAGE', 'cannot write')).toBe(false);
  });

  it('is recognised also when another copy of the package made it, and nothing else is', () => {
    const copy = { name: 'OrzError', code: 'ORZ_USAGE', details: { origin: 'here', allowed: ['a'] } };
    const made = (fields: object) => isOrzError(Object.assign(new Error('x'), copy, fields));
    expect(made({})).toBe(true);
    for (const fields of [{ details: undefined }, { details: { origin: 3 } }, { code: 'ORZ_NONE' }, { name: 'Error' }])
      expect(made(fields), JSON.stringify(fields)).toBe(false);
    expect(isOrzError(new Error('x'))).toBe(false);
    expect(isOrzError({ name: 'OrzError', code: 'ORZ_USAGE' })).toBe(false);
  });
});

describe('nearest', () => {
  it.each([
    ['lamda', ['gamma', 'lambda'], 'lambda'],
    ['rolloutBatchsize', ['samplesPerPrompt', 'rolloutBatchSize'], 'rolloutBatchSize'],
    ['kl', ['kl', 'k1'], 'kl'],
    ['completely-else', ['gae', 'group'], undefined],
    ['x', [], undefined],
  ])('of %s in %j is %s', (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});
