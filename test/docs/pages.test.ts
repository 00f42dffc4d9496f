import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { createProgram } from '../../cli/program.js';
import { presetCatalog } from '../../presets/index.js';
import { argumentsOf, commandsOf, pages, readPage, root } from './pages.js';

/** Anchors of a page as GitHub makes them. */
const anchorsOf = (page: string): string[] =>
  [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );

describe.each(pages)('%s', (page) => {
  it('links only to files and headings that exist', () => {
    const links = [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^https?:/.test(link));
    const broken = links.filter((link) => {
      const [file, anchor] = link.split('#') as [string, string?];
      const target = file === '' ? page : join(dirname(page), file);
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names only source files and folders that exist', () => {
    const named = [...readPage(page).matchAll(/`((?:core|plugins|presets|cli|test|docs)\/[\w./-]+)`/g)].map(
      ([, path]) => path!,
    );
    expect(named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, `${path}.ts`)))).toEqual([]);
  });

  it('shows only commands with flags that exist, and settings that resolve', async () => {
    for (const command of commandsOf(page)) {
      const args = argumentsOf(command).filter((arg) => arg !== '…');
      const program = createProgram('0.0.0', () => undefined);
      const ran: string[] = [];
      const word = args[0] === undefined || args[0].startsWith('--') ? undefined : args[0];
      for (const each of [program, ...program.commands])
        each
          .exitOverride()
          .configureOutput({ writeErr: () => undefined })
          .action(() => {
            ran.push(each.name());
          });
      await expect(program.parseAsync(args, { from: 'user' }), command).resolves.toBeDefined();
      expect(ran, command).toEqual([word ?? 'orz-train']);
      if (
        args.includes('--config') ||
        args.includes('NAME') ||
        args.some((arg) => arg.startsWith('./')) ||
        ['generate', 'grade', 'serve-reward', 'setup', 'import-config'].includes(args[0]!)
      )
        continue;
      const value = (flag: string): string[] => args.flatMap((arg, i) => (arg === flag ? [args[i + 1]!] : []));
      const set = value('--set').filter((entry) => !entry.startsWith('plugins='));
      await expect(
        gatherConfig({ set, ...(value('--preset').length > 0 && { preset: value('--preset') }) }, root),
        command,
      ).resolves.toBeDefined();
    }
  });
});

describe('README.md', () => {
  it('lists every preset and no other', () => {
    const table = readPage('README.md').split('## Presets')[1]!.split('\n## ')[0]!;
    expect([...table.matchAll(/^\| `([\w.+-]+)` \|/gm)].map(([, name]) => name)).toEqual([...presetCatalog.keys()]);
  });
});

describe('docs/plugins.md', () => {
  it('lists every type that the package provides', async () => {
    const { registry } = await gatherConfig({}, root);
    const page = readPage('docs/plugins.md');
    const missing = (await registry.all()).filter(({ provider }) => !page.includes(`\`${provider.type}\``));
    expect(missing.map(({ provider }) => `${provider.slot} ${provider.type}`)).toEqual([]);
  });
});
