import { parquetSchema, type FileMetaData, type SchemaElement, type SchemaTree } from 'hyparquet';
import { unreadableJson } from './errors.js';
import { parseExactly } from './exact-json.js';
import { isDecimal, numberRestorer, type Restore } from './parquet-numbers.js';

/** A file whose numbers are read as they are stored. */
export interface ExactTable {
  /** Of the top-level columns, in order. */
  readonly names: readonly string[];
  /** With columns of type DECIMAL as raw integers and bytes, since the library would make doubles of them. */
  readonly metadata: FileMetaData;
  /** Gives the numbers of a row, nested ones included, the digits that their column means. */
  restore(row: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/**
 * Reads DECIMAL columns of any width as exactly as they are stored, with their scale (`3.00`), and FLOAT columns of 32
 * and 16 bits as the shortest decimal that is this number of that width (`34.1`, not 34.099998474121094). Throws
 * ORZ_DATA_MALFORMED for a DECIMAL of more digits than are plausible.
 */
export function exactTable(metadata: FileMetaData, file: string): ExactTable {
  const root = parquetSchema(metadata);
  const raw = new Map(leavesOf(root).map((leaf) => [leaf.element, rawElement(leaf.element)]));
  const restorers = new Map(root.children.map((column) => [column.element.name, restorer(column, file)]));
  return {
    names: root.children.map(({ element }) => element.name),
    metadata: { ...metadata, schema: metadata.schema.map((element) => raw.get(element) ?? element) },
    restore: (row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, restorers.get(name)?.(value) ?? value])),
  };
}

/** For the library: text in columns of type JSON, with its numbers as written. */
export const jsonFromBytes = (bytes: Uint8Array | undefined): unknown =>
  bytes && parseExactly(new TextDecoder().decode(bytes), { line: 1, column: 1 }, unreadableJson).value;

/** All columns of values; those of a VARIANT describe themselves and are left to the library. */
function leavesOf(node: SchemaTree): SchemaTree[] {
  if (node.element.logical_type?.type === 'VARIANT') return [];
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);
}

/** The element without what makes the library convert it; bytes without a type are text, as it takes them to be. */
function rawElement(element: SchemaElement): SchemaElement {
  const { converted_type, logical_type, ...rest } = element;
  if (isDecimal(element)) return rest;
  const isUntyped = element.type === 'BYTE_ARRAY' && converted_type === undefined && logical_type === undefined;
  return isUntyped ? { ...element, converted_type: 'UTF8' } : element;
}

/** What makes of a value what its column means; undefined where nothing is to be done. */
function restorer(node: SchemaTree, file: string): Restore | undefined {
  const { element, children } = node;
  if (element.logical_type?.type === 'VARIANT') return undefined;
  if (children.length === 0) return elementwise(numberRestorer(element, file));
  const [first] = children;
  if (first !== undefined && (element.converted_type === 'LIST' || element.converted_type === 'MAP'))
    return listRestorer(first, file, element.converted_type === 'MAP');
  const fields = children.flatMap((child) => {
    const restore = restorer(child, file);
    return restore === undefined ? [] : [[child.element.name, restore] as const];
  });
  return fields.length === 0 ? undefined : elementwise((value) => restoreFields(value, fields));
}

/** The entries of a list, or the values of a map, which becomes an object. */
function listRestorer(repeated: SchemaTree, file: string, isMap: boolean): Restore | undefined {
  const entry = isMap || repeated.children.length === 1 ? repeated.children.at(-1) : repeated;
  const restore = entry && restorer(entry, file);
  if (restore === undefined || !isMap) return restore;
  return elementwise((value) =>
    Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, restore(each)])),
  );
}

/** Applies to the entries of lists, however deeply nested; missing values stay missing. */
function elementwise(restore: Restore | undefined): Restore | undefined {
  if (restore === undefined) return undefined;
  const each: Restore = (value) => {
    if (value === null || value === undefined) return value;
    return Array.isArray(value) ? value.map(each) : restore(value);
  };
  return each;
}

function restoreFields(value: unknown, fields: readonly (readonly [string, Restore])[]): object {
  const struct = value as Readonly<Record<string, unknown>>;
  return { ...struct, ...Object.fromEntries(fields.map(([name, restore]) => [name, restore(struct[name])])) };
}
