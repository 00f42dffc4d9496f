import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { leafValues } from '../../core/config/layers.js';
import { readConfigText } from '../config/config-formats.js';
import { nothingToImport } from './errors.js';

/**
 * All settings of a file by their full names: of JSON or YAML, or of the flags (`--name value`) and overrides
 * (`name.of.it=value`) in a shell script. Throws ORZ_CONFIG_FILE.
 */
export async function readForeign(file: string, cwd: string): Promise<Map<string, unknown>> {
  const path = resolve(cwd, file);
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw nothingToImport(file, cause);
  });
  const isData = ['.json', '.yaml', '.yml'].includes(extname(path));
  const read: unknown = isData ? await readConfigText(path, content) : undefined;
  const isTable = typeof read === 'object' && read !== null && !Array.isArray(read);
  const values = isTable ? new Map(leafValues(read)) : wordsOf(content);
  if (values.size === 0) throw nothingToImport(file);
  return values;
}

/** Words that end a command. */
const ends = /^(?:\||\|\||&&|&|;|--|\d?>.*)$/;
const flag = /^--([A-Za-z][\w.-]*)(?:=(.*))?$/s;
/** An override of Hydra; a name without a dot is a variable of the shell. */
const override = /^\+{0,2}([A-Za-z_]\w*(?:\.\w+)+)=(.*)$/s;

function wordsOf(script: string): Map<string, unknown> {
  const text = script.replace(/^\s*#.*$/gm, '').replace(/\\\r?\n/g, ' ');
  const values = new Map<string, unknown>();
  for (const line of text.split('\n')) readLine(line, values);
  return values;
}

function readLine(line: string, values: Map<string, unknown>): void {
  let open: { readonly name: string; readonly words: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined) values.set(open.name, valueOf(open.words));
    open = undefined;
  };
  for (const [quoted] of line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)) {
    const word = quoted.replace(/'([^']*)'|"([^"]*)"/g, (_, one?: string, two?: string) => one ?? two ?? '');
    const [, name, given] = flag.exec(word) ?? [];
    const [, path, set = ''] = override.exec(word) ?? [];
    if (name !== undefined || path !== undefined || ends.test(word)) close();
    if (name !== undefined) open = { name, words: given === undefined ? [] : [given] };
    else if (path !== undefined) values.set(path, scalar(set));
    else open?.words.push(word);
  }
  close();
}

/** No word: a switch; several: a list. */
function valueOf(words: readonly string[]): unknown {
  const [first, ...others] = words;
  if (first === undefined) return true;
  return others.length === 0 ? scalar(first) : words.map(scalar);
}

/** A word as Python and YAML read it: numbers, truth values, none and lists in brackets; everything else is text. */
function scalar(word: string): unknown {
  const named = { true: true, false: false, null: null, none: null }[word.toLowerCase()];
  if (named !== undefined) return named;
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(word)) return Number(word);
  const list = /^\[(.*)\]$/s.exec(word)?.[1];
  return list === undefined ? word : list.split(',').map((part) => scalar(part.trim().replace(/^(['"])(.*)\1$/, '$2')));
}
