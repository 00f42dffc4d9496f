import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './pages.js';

const rows = readPage('docs/glossary.md')
  .split('\n')
  .filter((line) => /^\| (?!Term|-)/.test(line))
  .map((line) => line.slice(2, -2).split(' | ') as [term: string, meaning: string, file: string]);

describe('docs/glossary.md', () => {
  it('defines 30 to 80 terms, each once', () => {
    const terms = rows.map(([term]) => term);
    expect(terms.length).toBeGreaterThanOrEqual(30);
    expect(terms.length).toBeLessThanOrEqual(80);
    expect(new Set(terms).size).toBe(terms.length);
  });

  it.each(rows)('%s: the file it lives in exists', (_term, _meaning, file) => {
    expect(existsSync(join(root, file.replaceAll('`', '')))).toBe(true);
  });
});
