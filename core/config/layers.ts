import { layerIsNoObject, malformedSet } from './errors.js';
import { plainSettings } from './plain-settings.js';
import { singleSlots, type RunConfigInput } from './schema.js';

/** One source of values, lowest first in a list: presets, then a configuration file, then flags. */
export interface Layer {
  /** Shown as the origin of each value, for example `preset orz-7b`, `orz.config.ts`, `--set advantage.lambda=0.95`. */
  readonly label: string;
  readonly values: RunConfigInput | Readonly<Record<string, unknown>>;
  /** Where relative paths of plugins in `values` start from; if absent, the current folder. */
  readonly folder?: string;
}

/** A configuration before validation, and which layer each value came from. */
export interface MergedLayers {
  readonly values: Readonly<Record<string, unknown>>;
  /** Label by path of each leaf (`advantage.lambda`, `metrics.0.type`). */
  readonly origins: ReadonlyMap<string, string>;
}

type Tree = Readonly<Record<string, unknown>>;

/**
 * Merges layers key by key, later ones winning; lists are replaced whole, except that plugins add up. A layer that
 * changes the type of a slot drops the settings that lower layers gave to the old type. `undefined` means not stated.
 * Throws ORZ_CONFIG_INVALID for a layer that is not an object.
 */
export function mergeLayers(layers: readonly Layer[]): MergedLayers {
  const slots: readonly string[] = singleSlots;
  let values: Tree = {};
  const origins = new Map<string, string>();
  for (const { label, values: raw } of layers) {
    const stated = plainSettings(raw, label);
    if (!isTree(stated)) throw layerIsNoObject(stated, label);
    for (const [key, given] of Object.entries(stated)) {
      const value = key === 'plugins' ? joined(values[key], given) : expandShorthand(key, given);
      const changesType = slots.includes(key) && isOtherType(values[key], value);
      if (changesType) forget(key, origins);
      const old = changesType ? undefined : values[key];
      values = withKey(values, key, mergeValue(old, value, { path: key, label, origins }));
    }
  }
  return { values, origins };
}

/** Listing a plugin makes its names known; no layer can do without those that a lower one chooses by name. */
const joined = (old: unknown, value: unknown): unknown =>
  Array.isArray(old) && Array.isArray(value) ? [...new Set<unknown>((old as unknown[]).concat(value))] : value;

const isOtherType = (old: unknown, value: unknown): boolean =>
  isTree(old) && isTree(value) && value.type !== undefined && value.type !== old.type;

/** Where the value at `path` came from: its own entry, that of its parent, or that of the first value inside it. */
export function originOf(path: string, origins: ReadonlyMap<string, string>): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const label = origins.get(path.slice(0, end));
    if (label !== undefined) return label;
  }
  return [...origins].find(([key]) => key.startsWith(`${path}.`))?.[1];
}

/** Path and value of every leaf: what is neither an object nor a list of objects. */
export function leafValues(value: unknown, path = ''): [path: string, value: unknown][] {
  const holdsObjects = Array.isArray(value) ? value.some((entry) => typeof entry === 'object') : isTree(value);
  if (!holdsObjects) return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    leafValues(inner, path === '' ? key : `${path}.${key}`),
  );
}

/**
 * The layer that a flag `path=value` stands for. The value is JSON if it parses as JSON (`1e-3`, `true`, `null`,
 * `["jsonl"]`), else text. Throws ORZ_USAGE when there is no `=` or a part of the path is empty.
 */
export function parseSet(flag: string): Layer {
  const split = flag.indexOf('=');
  const path = flag.slice(0, Math.max(split, 0)).trim().split('.');
  if (split < 0 || path.some((part) => part === '')) throw malformedSet(flag);
  let value = parseValue(flag.slice(split + 1));
  for (const part of path.toReversed()) value = Object.fromEntries([[part, value]]);
  return { label: `--set ${flag}`, values: value as Tree };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: a name or a path, as typed
  }
}

interface MergeContext {
  readonly path: string;
  readonly label: string;
  readonly origins: Map<string, string>;
}

function mergeValue(old: unknown, value: unknown, { path, label, origins }: MergeContext): unknown {
  if (!isTree(value)) {
    forget(path, origins);
    for (const [leaf] of leafValues(value, path)) origins.set(leaf, label);
    return value;
  }
  let result: Tree = isTree(old) ? old : {};
  if (!isTree(old)) forget(path, origins);
  for (const [key, inner] of Object.entries(value)) {
    result = withKey(result, key, mergeValue(result[key], inner, { path: `${path}.${key}`, label, origins }));
  }
  return result;
}

/** `backend: 'onnx'` is `backend: { type: 'onnx' }`, also inside the list of metrics. */
function expandShorthand(key: string, value: unknown): unknown {
  if ((singleSlots as readonly string[]).includes(key)) return typeof value === 'string' ? { type: value } : value;
  if (key === 'metrics' && Array.isArray(value))
    return value.map((entry: unknown) => (typeof entry === 'string' ? { type: entry } : entry));
  return value;
}

/** A copy with one key replaced; built from entries so that a key named `__proto__` is a key like any other. */
function withKey(tree: Tree, key: string, value: unknown): Tree {
  return Object.fromEntries([...Object.entries(tree).filter(([name]) => name !== key), [key, value]]);
}

function forget(path: string, origins: Map<string, string>): void {
  for (const key of origins.keys()) if (key === path || key.startsWith(`${path}.`)) origins.delete(key);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
