import * as z from 'zod';
import type { Slot } from '../contracts/contract-tokens.js';
import type { Provider } from '../plugin/define.js';
import { runConfigSchema, singleSlots } from './schema.js';

/** A JSON Schema document, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Fields about the file itself: its schema, and the preset it builds on. They are not settings of a run. */
const fileKeys = ['$schema', 'preset'] as const;

/**
 * JSON Schema (2020-12) of a configuration file, for editors: every field with its line of documentation and its
 * default, every slot with the types that can be chosen and the settings of each. Nothing is required, since a file
 * states only what it changes. `providers` are those that can be chosen.
 */
export function configJsonSchema(providers: readonly Provider[], presets: readonly string[]): JsonSchema {
  const properties = propertiesOf(schemaOf(runConfigSchema));
  const slots = singleSlots.map((slot) => [slot, choice(slot, providers, properties[slot])] as const);
  const sink = choice('metrics', providers, {});
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of orz-train',
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'Where this schema is' },
      preset: presetChoice(presets),
      ...Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, optional(field)])),
      ...Object.fromEntries(slots),
      metrics: { ...pick(properties['metrics'], ['description', 'default']), type: 'array', items: sink },
    },
    additionalProperties: false,
  };
}

/** Built-in presets by name; what has a slash is a path or a package. */
function presetChoice(presets: readonly string[]): JsonSchema {
  const name = { anyOf: [{ enum: [...presets] }, { type: 'string', pattern: '/' }] };
  return {
    description: 'Preset to start from, or a list of presets, each on top of the one before',
    anyOf: [...name.anyOf, { type: 'array', items: name, minItems: 1 }],
  };
}

/** Whether a key of a configuration file is about the file and not about the run. */
export const isFileKey = (key: string): boolean => (fileKeys as readonly string[]).includes(key);

type Properties = Readonly<Record<string, JsonSchema>>;

const propertiesOf = (schema: JsonSchema): Properties => (schema as { properties?: Properties }).properties ?? {};

/** Settings may have types that JSON Schema cannot express; they are described as any value. */
const schemaOf = (schema: z.ZodObject): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // A value that is preprocessed may be written in other forms than the validated one.
      const { def } = zodSchema._zod;
      if (def.type !== 'pipe' || def.in._zod.def.type !== 'transform') return;
      const checked = { ...jsonSchema };
      delete jsonSchema.type;
      delete jsonSchema.properties;
      delete jsonSchema.required;
      delete jsonSchema.additionalProperties;
      jsonSchema.anyOf = [checked, {}];
    },
  });

/**
 * A type by name, an object of a type with its settings, or settings alone. None is required: a lower layer may state
 * it. Only an entry of the list of sinks must name its type.
 */
function choice(slot: Slot, providers: readonly Provider[], field: JsonSchema | undefined): JsonSchema {
  const own = providers.filter((provider) => provider.slot === slot);
  const names = {
    description: own.map(({ type, description }) => `${type}: ${description}`).join('\n'),
    enum: own.map(({ type }) => type),
  };
  const objects = own.map(providerObject);
  const withoutType = {
    type: 'object',
    description: 'Settings of the type that a lower layer chose',
    properties: settingsOf(objects),
    additionalProperties: false,
  };
  return {
    ...pick(field, ['description']),
    anyOf: [names, ...objects, ...(slot === 'metrics' ? [] : [withoutType])],
  };
}

const providerObject = ({ type, description, settings }: Provider) => ({
  type: 'object',
  description,
  properties: { type: { const: type, description }, ...propertiesOf(schemaOf(settings)) },
  required: ['type'],
  additionalProperties: false,
});

/** Settings of all types of a slot, for when the type is not stated. */
function settingsOf(objects: readonly { readonly properties: Properties }[]): JsonSchema {
  const all = new Map<string, JsonSchema[]>();
  for (const { properties } of objects)
    for (const [name, schema] of Object.entries(properties))
      if (name !== 'type') all.set(name, [...(all.get(name) ?? []), schema]);
  const anyOf = ([only, ...others]: readonly JsonSchema[]) =>
    others.length === 0 ? only : { anyOf: [only, ...others] };
  return Object.fromEntries([...all].map(([name, schemas]) => [name, anyOf(schemas)]));
}

/** A nested object of a layer need not be complete either. */
function optional(field: JsonSchema): JsonSchema {
  if (field['type'] !== 'object') return field;
  const { required: _, ...rest } = field as { required?: unknown };
  return rest;
}

const pick = (schema: JsonSchema | undefined, keys: readonly string[]): JsonSchema =>
  Object.fromEntries(keys.flatMap((key) => (schema?.[key] === undefined ? [] : [[key, schema[key]]])));
