/** Who did it: the part of a plugin that a call goes to, for messages. */
export interface Part {
  readonly plugin: string;
  /** The file the plugin was loaded from; absent for one that comes with the package. */
  readonly file?: string;
  /** What it is in the run: `advantage 'gae'`, `collector of the loop`. */
  readonly role: string;
}

/** Values that plugins handed in, with the part they belong to. */
const parts = new WeakMap<object, Part>();
const files = new WeakMap<object, string>();

/** Notes the file that a plugin was loaded from. */
export function rememberFile(plugin: object, file: string): void {
  files.set(plugin, file);
}

/** The part of `plugin` with that role. */
export function partOfPlugin(plugin: { readonly name: string }, role: string): Part {
  const file = files.get(plugin);
  return { plugin: plugin.name, role, ...(file !== undefined && { file }) };
}

/** Notes which part `value` belongs to, and returns it. */
export function belongsTo<T extends object>(value: T, part: Part): T {
  parts.set(value, part);
  return value;
}

/** The part that a value belongs to; undefined for what no plugin made. */
export const partOf = (value: object): Part | undefined => parts.get(value);

/** `advantage 'gae' of plugin 'advantage-gae' (./mine.ts)`, for origins of errors. */
export const describePart = ({ plugin, file, role }: Part): string =>
  `${role} of plugin '${plugin}'${file === undefined ? '' : ` (${file})`}`;

/** The same for a value; `otherwise` if no plugin made it. */
export function originOfPart(value: object, otherwise: string): string {
  const part = partOf(value);
  return part === undefined ? otherwise : describePart(part);
}
