import { setPath } from './set-path.js';
import type { Note, Translation } from './contracts.js';

/** Our configuration as YAML, with what became of every setting in its comments. */
export function translationText({ source, settings, notes, unneeded }: Translation): string {
  const of = (kind: Note['kind']): Note[] => notes.filter((note) => note.kind === kind);
  const mapped = of('same').filter(({ settings: set, text }) => set !== undefined || text !== undefined);
  return [
    `# From a configuration of ${source.name}, by orz-train import-config. What it does not state and this project`,
    `# would do otherwise has the default of ${source.name}; everything else is that of the preset.`,
    ...yamlLines({ preset: 'orz-base', ...settings }),
    ...section('Means the same', mapped),
    ...section('Means something else', of('differs')),
    ...section('No counterpart: decide what becomes of it', of('none')),
    ...(unneeded.length === 0 ? [] : ['#', '# About devices, speed, logs or saving:', ...wrapped(unneeded)]),
    '',
  ].join('\n');
}

/** One line for each top-level key; its value as JSON, which is YAML as well. */
function yamlLines(settings: Readonly<Record<string, unknown>>): string[] {
  const tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(settings)) setPath(tree, path.split('.'), value);
  return Object.entries(tree).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
}

const section = (title: string, notes: readonly Note[]): string[] =>
  notes.length === 0 ? [] : ['#', `# ${title}:`, ...notes.map(noteLine)];

function noteLine({ key, value, isDefault, settings = {}, text }: Note): string {
  const sets = Object.entries(settings).map(([path, set]) => `${path} ${JSON.stringify(set)}`);
  const parts = [sets.join(', '), text ?? ''].filter((part) => part !== '').join('; ');
  return `#   ${key} ${JSON.stringify(value)}${isDefault ? ' (default)' : ''}: ${parts}`;
}

/** Names in lines of at most 118 characters. */
function wrapped(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > 116) lines.push(`#   ${name}`);
    else lines[lines.length - 1] = `${last}, ${name}`;
  }
  return lines;
}
