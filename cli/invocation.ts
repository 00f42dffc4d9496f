import { basename, dirname, join, relative, sep } from 'node:path';
import { shellQuote } from '../core/shell-quote.js';
import { packageRoot } from './setup/project.mjs';

/** The commands of `orz-train`, by which a command is recognised in a message. */
export const commandNames = [
  'train',
  'presets',
  'plugins',
  'config',
  'import-config',
  'data',
  'cluster',
  'generate',
  'evaluate',
  'benchmarks',
  'mine',
  'study',
  'export',
  'browser',
  'dashboard',
  'report',
  'runs',
  'serve',
  'grade',
  'serve-reward',
  'replay',
  'setup',
] as const;

/** What decides how the program is started again: absolute paths. */
export interface Invocation {
  /** The script that node was given, links not resolved. */
  readonly script: string;
  /** Folder of this package, links resolved. */
  readonly packageRoot: string;
  /** The current folder. */
  readonly cwd: string;
}

/**
 * What a user types in the current folder to start the program: `npx orz-train` in a clone and in a project that has
 * installed the package, `orz-train` where it is on the PATH, else node with the path of the script.
 */
export function commandFor({ script, packageRoot: root, cwd }: Invocation): string {
  const name = basename(script);
  const isOurs = name.startsWith('orz-train');
  if (!isOurs) return 'orz-train'; // Used as a library: nobody typed anything.
  if (isWithin(projectOf(root), cwd)) return 'npx orz-train';
  if (basename(dirname(script)) === '.bin' && isWithin(projectOf(script), cwd)) return 'npx orz-train';
  if (isInModules(root) || !name.endsWith('.mjs')) return 'orz-train';
  return `node ${shellQuote(script)}`;
}

/** The folder above the outermost `node_modules` that holds a path; without one, the path itself. */
function projectOf(path: string): string {
  const parts = path.split(sep);
  const modules = parts.indexOf('node_modules');
  return modules < 0 ? path : parts.slice(0, modules).join(sep);
}

const isInModules = (path: string): boolean => path.split(sep).includes('node_modules');

function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && join(folder, inside) === join(path);
}

/** `orz-train` as a command: followed by a flag or one of its commands, or at the end of a sentence. */
const commandPattern = new RegExp(
  String.raw`(?<![\w./\\-])(?:npx )?orz-train(?= --?[a-z]| (?:${commandNames.join('|')})\b|[.)\`]?$)`,
  'gm',
);

/** How the program is started in the current folder; see {@link commandFor}. */
export const ownCommand = (): string => commandFor({ script: process.argv[1] ?? '', packageRoot, cwd: process.cwd() });

/** A message with each `orz-train …` in it as it has to be typed here. Core and plugins always say `orz-train`. */
export function withOwnCommand(message: string): string {
  return message.replaceAll(commandPattern, () => ownCommand());
}

/** Examples for a help text, aligned: a command line, and optionally what it does. `orz-train` is replaced. */
export function exampleLines(examples: readonly (readonly [command: string, meaning?: string])[]): string {
  const typed = examples.map(
    ([command, meaning]) => [command.replaceAll('orz-train', () => ownCommand()), meaning] as const,
  );
  const described = typed.filter(([, meaning]) => meaning !== undefined).map(([command]) => command.length);
  const width = Math.max(0, ...described.filter((length) => length <= maxAligned)) + 2;
  return typed
    .map(([command, meaning]) => {
      if (meaning === undefined) return `  ${command}`;
      return command.length > maxAligned
        ? `  ${command}\n${' '.repeat(width + 2)}${meaning}`
        : `  ${command.padEnd(width)}${meaning}`;
    })
    .join('\n');
}

/** Longer commands have their meaning on the next line. */
const maxAligned = 60;
