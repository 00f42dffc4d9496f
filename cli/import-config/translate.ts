import type { Note, Source, Translation, Values } from './contracts.js';

/** Translates the settings of a file; every one of them is in the notes or among the unneeded ones. */
export function translate(source: Source, file: Values): Translation {
  const stated = new Map([...file].map(([key, value]) => [source.aliases?.[key] ?? key, value]));
  const defaults = Object.entries(source.defaults).filter(([key]) => !stated.has(key));
  const values = new Map([...defaults, ...stated]);
  const isUnneeded = (key: string): boolean =>
    source.rules[key] === undefined && source.unneeded.some((pattern) => pattern.test(key));
  const unneeded = [...stated.keys()].filter(isUnneeded);
  const notes = [...values]
    .filter(([key]) => !unneeded.includes(key))
    .map(([key, value]) => noteOf(source, values, { key, value, isDefault: !stated.has(key) }));
  const settings = Object.fromEntries(notes.flatMap((note) => Object.entries(note.settings ?? {})));
  return { source, settings, notes, unneeded };
}

function noteOf(source: Source, values: Values, setting: Pick<Note, 'key' | 'value' | 'isDefault'>): Note {
  const { key, value } = setting;
  if (typeof value === 'string' && /\$[\w{(]/.test(value))
    return { ...setting, kind: 'none', text: 'holds a variable: write its value into the file' };
  const rule = source.rules[key];
  if (rule === undefined) return { ...setting, kind: 'none', text: 'not known to this translation' };
  if (value === null) return { ...setting, kind: 'same', text: 'not set' };
  return { ...setting, ...rule(value, values, key) };
}
