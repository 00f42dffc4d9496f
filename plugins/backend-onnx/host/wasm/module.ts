import { local, unsigned, valueType, type Code, type Local, type ValueType } from './instructions.js';

/** A function without result: it reads and writes memory. */
export interface FunctionSpec {
  readonly name: string;
  readonly code: Code;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
}

/** Names the parameters and local variables of a function, and writes its code from them. */
export function defineFunction<P extends string, L extends string>(
  name: string,
  parameters: Readonly<Record<P, ValueType>>,
  locals: Readonly<Record<L, ValueType>>,
  write: (variables: Readonly<Record<P | L, Local>>) => Code[],
): FunctionSpec {
  const names = [...Object.keys(parameters), ...Object.keys(locals)];
  const variables = Object.fromEntries(names.map((key, index) => [key, local(index)])) as Record<P | L, Local>;
  return {
    name,
    code: write(variables).flat(),
    parameters: Object.values<ValueType>(parameters),
    locals: Object.values<ValueType>(locals),
  };
}

/** A list: its length, then its items. */
const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
/** Bytes that say how many they are. */
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
const section = (id: number, items: readonly Code[]): number[] => [id, ...sized(list(items))];

const memoryName = 'memory';

/**
 * The bytes of a module that exports these functions and a memory of so many pages of 64 KiB. Layout: WebAssembly core
 * specification 2.0, chapter 5.5.
 */
export function encodeModule(functions: readonly FunctionSpec[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [0x60, ...list(f.parameters.map((t) => [valueType[t]])), ...list([])]);
  const bodies = functions.map((f) => sized([...list(f.locals.map((t) => [1, valueType[t]])), ...f.code, 0x0b]));
  const exports = functions.map((f, index) => [...text(f.name), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, types),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [...exports, [...text(memoryName), 2, 0]]),
    ...section(10, bodies),
  ]);
}

/** What is used of the WebAssembly interface, for which neither ECMAScript's types nor Node's have declarations. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export interface WasmInstance<Name extends string> {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly functions: Readonly<Record<Name, (...values: number[]) => void>>;
}

/** Compiles and starts a module of {@link encodeModule} with functions of these names. */
export function instantiate<Name extends string>(bytes: Uint8Array<ArrayBuffer>): WasmInstance<Name> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { [memoryName]: memory, ...functions } = exports as Record<string, unknown>;
  return { memory, functions } as unknown as WasmInstance<Name>;
}
