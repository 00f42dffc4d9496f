import { describe, expect, it, vi } from 'vitest';
import { commandFor, commandNames, exampleLines, withOwnCommand } from '../../cli/invocation.js';
import { createProgram } from '../../cli/program.js';

const installed = '/home/me/project/node_modules/open-reasoner-zero';

describe('the command that starts the program', () => {
  it.each([
    ['in a clone', '/home/me/clone/cli/setup/orz-train.mjs', '/home/me/clone', '/home/me/clone', 'npx orz-train'],
    ['below a clone', '/home/me/clone/cli/setup/orz-train.mjs', '/home/me/clone', '/home/me/clone/a', 'npx orz-train'],
    ['in a project', '/home/me/project/node_modules/.bin/orz-train', installed, '/home/me/project', 'npx orz-train'],
    [
      'of npx, in a clone',
      '/c/_npx/1/node_modules/.bin/orz-train',
      '/home/me/clone',
      '/home/me/clone',
      'npx orz-train',
    ],
    ['linked into a project', '/p/node_modules/.bin/orz-train', '/home/me/clone', '/p/sub', 'npx orz-train'],
    ['installed globally', '/usr/bin/orz-train', '/usr/lib/node_modules/open-reasoner-zero', '/home/me', 'orz-train'],
    ['linked globally', '/usr/bin/orz-train', '/home/me/clone', '/home/me', 'orz-train'],
    ['by its path', '/home/me/my clone/cli/setup/orz-train.mjs', '/home/me/my clone', '/tmp', ''],
    ['as a library', '/home/me/server.js', installed, '/home/me/project', 'orz-train'],
  ])('%s', (...[, script, packageRoot, cwd, command]) => {
    const expected = command === '' ? `node '${script}'` : command;
    expect(commandFor({ script, packageRoot, cwd })).toBe(expected);
  });
});

describe('a message', () => {
  it('has each command as it has to be typed', () => {
    vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', '/x/$& y/orz-train.mjs']);
    vi.spyOn(process, 'cwd').mockReturnValue('/elsewhere');
    const own = `node '/x/$& y/orz-train.mjs'`;
    expect(withOwnCommand('Train first: orz-train')).toBe(`Train first: ${own}`);
    expect(withOwnCommand('See orz-train data. Or `npx orz-train setup`.')).toBe(
      `See ${own} data. Or \`${own} setup\`.`,
    );
    expect(withOwnCommand("Go on: orz-train --resume 'a b'")).toBe(`Go on: ${own} --resume 'a b'`);
    expect(withOwnCommand('the folder that orz-train printed, /x/orz-train --y')).not.toContain(own);
    expect(exampleLines([['orz-train', 'train'], ['orz-train plugins', 'list'], ['orz-train --json']])).toBe(
      `  ${own}          train\n  ${own} plugins  list\n  ${own} --json`,
    );
    vi.restoreAllMocks();
  });

  it('is searched for every command of the program', () => {
    const { commands } = createProgram('1', () => undefined);
    expect(commands.map((command) => command.name())).toEqual([...commandNames]);
  });
});
