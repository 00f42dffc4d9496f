import * as z from 'zod';
import { nearest } from '../errors.js';

/** One field of a schema, for documentation, listings and error messages. */
export interface FieldDescription {
  /** Dotted path from the root of the schema. */
  readonly path: string;
  readonly description: string;
  /** Type and range in words, for example `integer, at least 1`. */
  readonly allowed: string;
  /** Absent when the field must be set. */
  readonly default?: unknown;
}

/** The subset of JSON Schema that zod writes for our fields. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
}

/** Every leaf of an object schema in order; nested objects are followed, lists are leaves. */
export function describeFields(schema: z.ZodObject): FieldDescription[] {
  return leaves(toNode(schema), '');
}

/** The keys that an object schema has at `path`, or undefined when there is no object there. */
export function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): string[] | undefined {
  const properties = nodeAt(toNode(schema), path)?.properties;
  return properties && Object.keys(properties);
}

/** What the schema accepts at `path`, in words. */
export function allowedAt(schema: z.ZodObject, path: readonly PropertyKey[]): string | undefined {
  const node = nodeAt(toNode(schema), path);
  return node && inWords(node);
}

/**
 * A value that the schema accepts at `path` and that is near to a refused one: the number or the name that was probably
 * meant, the end of the range that was exceeded, else the default. Undefined where none of these exists.
 */
export function exampleAt(schema: z.ZodObject, path: readonly PropertyKey[], refused: unknown): unknown {
  const node = nodeAt(toNode(schema), path);
  return node && (near(node, refused) ?? node.default);
}

function near(node: Node, refused: unknown): unknown {
  const names = node.enum?.filter((value) => typeof value === 'string');
  if (names !== undefined) return nearest(String(refused), names) ?? node.default ?? names[0];
  if (node.type === 'boolean') return /^(?:1|y|yes|on|true)$/i.test(String(refused));
  if (node.type !== 'number' && node.type !== 'integer') return undefined;
  const { minimum, maximum, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = node;
  const isBlank = typeof refused === 'string' && refused.trim() === '';
  const number = !isBlank && ['number', 'string'].includes(typeof refused) ? Number(refused) : NaN;
  const isFinite = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const [low, high] = [minimum ?? -Infinity, isFinite ? maximum : Infinity];
  // Text that is no number says nothing about the number meant; the default is the better example.
  const meant = Number.isNaN(number) ? Number(node.default ?? low) : Math.min(Math.max(number, low), high);
  const value = node.type === 'integer' ? Math.round(meant) : meant;
  // Where there is no end to speak of, the value that was too large is the wrong neighbour.
  return Number.isSafeInteger(Math.trunc(value)) && value > exclusiveMinimum && value < exclusiveMaximum
    ? value
    : undefined;
}

/** Settings may have types that JSON Schema cannot express; they are described as any value. */
const toNode = (schema: z.ZodObject): Node => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;

function nodeAt(root: Node, path: readonly PropertyKey[]): Node | undefined {
  return path.reduce<Node | undefined>(
    (node, key) => (typeof key === 'number' ? node?.items : node?.properties?.[String(key)]),
    root,
  );
}

function leaves(node: Node, prefix: string): FieldDescription[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, field]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    // A record with keys of the user's choice has no fields to follow.
    if (field.type === 'object' && field.properties !== undefined && !isSlot(field)) return leaves(field, path);
    const known = { path, description: field.description ?? '', allowed: inWords(field) };
    if (field.default !== undefined) return [{ ...known, default: field.default }];
    return [node.required?.includes(key) ? known : { ...known, default: null }];
  });
}

/** Slots are objects whose other settings belong to the provider: shown as one field. */
const isSlot = (node: Node): boolean => node.properties?.type !== undefined;

function inWords(node: Node): string {
  if (node.anyOf) return node.anyOf.map(inWords).join(' or ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (node.type === 'object') return isSlot(node) ? 'a provider: its type, or { type, …settings }' : 'an object';
  if (node.type === 'array') return `a list, each entry ${node.items ? inWords(node.items) : 'any value'}`;
  if (node.type === 'string') return node.minLength ? 'text, not empty' : 'text';
  if (node.type === 'boolean') return 'true or false';
  return [node.type ?? 'any value', ...bounds(node)].join(', ');
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string[] {
  return [
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
}
