import { functions, structural } from './functions.js';
import { hiddenGroups, ignored, textCommands } from './layout.js';
import { greek } from './letters.js';
import { marks } from './marks.js';

const tables: readonly { has(name: string): boolean }[] = [
  ignored,
  hiddenGroups,
  textCommands,
  marks,
  functions,
  structural,
  greek,
];

export function isKnown(name: string): boolean {
  return tables.some((table) => table.has(name));
}

/** Longest known command that `name` starts with, for commands glued to the letter behind them: \leqslantx. */
export function knownPrefix(name: string): string | undefined {
  for (let length = Math.min(name.length, 20); length > 1; length--) {
    const head = name.slice(0, length);
    if (isKnown(head)) return head;
  }
  return undefined;
}
