import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { createProgram } from '../../cli/program.js';
import { describeFields } from '../../core/config/describe.js';
import { runConfigSchema } from '../../core/config/schema.js';
import { messageTexts, textsOf, type MessageText } from './message-texts.js';
import { root } from './pages.js';

const program = createProgram('0.0.0', () => undefined);
const commands = new Map([program, ...program.commands].map((command) => [command.name(), command]));
const flagsOf = (name: string): string[] => [
  '--help',
  ...(commands.get(name)?.options.flatMap(({ long }) => long ?? []) ?? []),
];
const allFlags = new Set([...commands.keys()].flatMap(flagsOf));

const { registry } = await gatherConfig({}, root);
const providers = await registry.all();
const slots = new Set<string>(providers.map(({ provider }) => provider.slot));
const settings = [
  ...describeFields(runConfigSchema).map(({ path }) => path),
  ...providers.flatMap(({ provider: { slot, type, settings: own } }) => [
    `${slot}.type`,
    ...describeFields(own).map(({ path }) => `${slot}.${path}`),
    ...(slot === 'benchmark' ? describeFields(own).map(({ path }) => `benchmarks.${type}.${path}`) : []),
  ]),
];
const groups = new Set(settings.map((path) => path.split('.')[0]!));

/** A setting, a group of settings, or what lies below one with keys of the user's choice: `data.evaluation.math`. */
const isSetting = (path: string): boolean =>
  settings.some(
    (known) => known === path || known.startsWith(`${path}.`) || (!slots.has(known) && path.startsWith(`${known}.`)),
  );
const isFile = (path: string): boolean => /\.(?:json|jsonl|ts|js|mjs|md|html|css|yaml|txt|gz)$/.test(path);

/** Words after `orz-train` where the program is the subject of a sentence. */
const prose = ['printed', 'on', 'and'];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };

/** Commands of other programs, with their flags. */
const foreign = /(?<![\w-])(?:hf|npm|git|node|vulkaninfo|tensorboard) (?:[^.;]|\.(?=\S))*|NODE_OPTIONS=\S+/g;

const all = (pattern: RegExp, text: string): string[] =>
  [...text.matchAll(pattern)].map(([whole, part]) => part ?? whole);

/** What a text names that does not exist. */
function faultsOf({ text }: MessageText): string[] {
  if (!text.includes(' ')) return []; // A word is an argument, a key or a name, and no message.
  const own = text.replace(foreign, '');
  return [
    ...all(/\borz-train [a-z][^.;,()`]*/g, own).filter((command) => !isCommand(command)),
    ...all(/(?<![\w-])--[a-z][a-z-]+/g, own).filter((flag) => !allFlags.has(flag)),
    ...all(/--set ['"]?([a-z][\w.]*)=/g, own).filter((path) => !isSetting(path)),
    ...all(/(?<![\w./'"-])[a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)+(?![\w/(-]|\.\w)/g, own).filter(
      (path) => groups.has(path.split('.')[0]!) && !isFile(path) && !isSetting(path),
    ),
    ...all(/\bdocs\/[\w-]+\.md\b/g, own).filter((page) => !existsSync(join(root, page))),
    ...all(/\bnpm run ([\w:]+)/g, text).filter((script) => !(script in scripts)),
  ];
}

/** Whether a command exists and has the flags that follow it up to the end of the sentence. */
function isCommand(line: string): boolean {
  const [, name = ''] = line.split(' ');
  if (prose.includes(name)) return true;
  return commands.has(name) && all(/--[a-z][\w-]*/g, line).every((flag) => flagsOf(name).includes(flag));
}

describe('the texts of the program', () => {
  it('name only commands, flags, settings and files that exist', () => {
    const texts = messageTexts();
    expect(texts.length).toBeGreaterThan(3000);
    const faults = texts.flatMap((text) => faultsOf(text).map((fault) => `${text.file}: ${fault} in: ${text.text}`));
    expect(faults).toEqual([]);
  });

  it('end without a full stop after what is to be typed', () => {
    const typed = /(?:orz-train(?: [a-z-]+)?(?: [A-Z_]+)*|--[a-z-]+ [^\s.]+|--set \S+|npm (?:run|install)[^.;]*)\.$/;
    expect('List them with: orz-train presets.').toMatch(typed);
    const texts = messageTexts().filter(({ text }) => text.includes(' ') && typed.test(text));
    expect(texts.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  it.each([
    ['a command', 'Run: orz-train rport.', 'orz-train rport'],
    ['a flag of another command', 'See orz-train presets --dry-run', 'orz-train presets --dry-run'],
    ['a flag', 'Continue with --resumed FOLDER', '--resumed'],
    ['a setting in prose', 'Lower engine.maxSlot or take a smaller model', 'engine.maxSlot'],
    ['a setting of a flag', 'Use --set rolloutBatch=8', 'rolloutBatch'],
    ['a page', 'See docs/absent.md', 'docs/absent.md'],
    ['a script', 'In a clone, run npm run perpare', 'perpare'],
  ])('the check finds %s that does not exist', (_, text, fault) => {
    expect(faultsOf({ file: 'test', text })).toContain(fault);
  });

  it('the check reads templates, and strings that are joined', () => {
    const source = "const f = (x) => `a ${x} b` + 'c'; // 'no text'";
    expect(textsOf('f.ts', source)).toEqual([{ file: 'f.ts', text: 'a … bc' }]);
  });
});
