import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../cli/setup/project.mjs';
import { sourceFiles } from './source-files.mjs';

/** Numbers, names of commands and of filters: no shell sees anything in them. */
const harmless = new Set(['wanted', 'filter', 'near', 'command.name()', 'path', 'value']);

/** Interpolations in the commands of a source text that a shell could misread. */
function unquoted(source: string): string[] {
  return [...source.matchAll(/\b(?:orz-train|npm install|rm|mv|cp) [^`'\n]*?\$\{([^}]*)\}[^`\n]*/g)].flatMap(([text]) =>
    [...text.matchAll(/\$\{([^}]*)\}/g)]
      .map(([, inside = '']) => inside)
      .filter((inside) => !inside.startsWith('shellQuote(') && !harmless.has(inside)),
  );
}

it('printed commands quote for a shell what they hold', () => {
  expect(unquoted('`Continue with: orz-train --resume ${folder}`')).toEqual(['folder']);
  expect(unquoted('`orz-train report ${JSON.stringify(folder)}`')).toEqual(['JSON.stringify(folder)']);
  expect(unquoted('`rm ${shellQuote(file)} for ${n}`')).toEqual(['n']);
  const files = ['core', 'cli', 'plugins'].flatMap((folder) => sourceFiles(packageRoot, folder));
  const found = files.flatMap((file) =>
    unquoted(readFileSync(join(packageRoot, file), 'utf8')).map((inside) => `${file}: ${inside}`),
  );
  expect(found).toEqual([]);
});
