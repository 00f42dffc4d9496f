import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Text of a file of the repository; the padding that aligns the columns of tables is taken out. */
export const readPage = (page: string): string =>
  readFileSync(join(root, page), 'utf8').replace(/^\|.*$/gm, (row) => row.replace(/ +\|/g, ' |'));

/** All pages of documentation, relative to the repository. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A fenced block: what is written behind the fence, and the lines inside. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

export function fencesOf(page: string): Fence[] {
  return [...readPage(page).matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!.trim(),
    text: text!,
  }));
}

export interface Sample {
  readonly page: string;
  readonly file: string;
  readonly text: string;
}

/**
 * TypeScript of the pages, by the file name in its first line. Throws for a block without one, which could not be
 * compiled.
 */
export function samplesOf(page: string): Sample[] {
  return fencesOf(page)
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => {
      const file = /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1];
      if (file === undefined) throw new Error(`${page}: a sample does not begin with "// name.ts":\n${text}`);
      return { page, file, text };
    });
}

/**
 * Commands in shell blocks: lines that begin with orz-train (by npx, or by its path in node_modules) or npm start,
 * after variables and setsid; without comments and redirections, continuation lines joined.
 */
export function commandsOf(page: string): string[] {
  return fencesOf(page)
    .filter(({ language }) => ['', 'sh', 'bash'].includes(language))
    .flatMap(({ text }) => text.replace(/\\\n\s*/g, ' ').split('\n'))
    .map((line) =>
      line
        .replace(/\s+(?:2?>|[#|]).*$/, '')
        .replace(/^(?:[A-Z_]+=\S+ |setsid --fork )+/, '')
        .trim(),
    )
    .filter((line) => /^(?:npx |node_modules\/\.bin\/)?orz-train\b|^npm start\b/.test(line));
}

/** Arguments of `orz-train` in a command line: quotes as a shell takes them. */
export function argumentsOf(command: string): string[] {
  const words = [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
  if (words[0] === 'npm') return words.slice(words.includes('--') ? words.indexOf('--') + 1 : words.length);
  return words.slice(words.findIndex((word) => word.endsWith('orz-train')) + 1);
}
