import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { builtinPlugins } from '../../../cli/builtin-plugins.js';
import { configJsonSchema, type JsonSchema } from '../../../core/config/json-schema.js';
import { runConfigSchema, singleSlots } from '../../../core/config/schema.js';
import { definePlugin, provide } from '../../../core/plugin/define.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { presetCatalog } from '../../../presets/index.js';

const mine = definePlugin({
  name: 'mine',
  provides: [
    provide('advantage', 'mine', {
      description: 'of a user',
      settings: z.strictObject({ weight: z.number().min(0).describe('how much') }),
      create: () => {
        throw new Error('not started');
      },
    }),
  ],
});
const registry = createRegistry([...builtinPlugins, mine]);
const schema = configJsonSchema(
  (await registry.all()).map(({ provider }) => provider),
  [...presetCatalog.keys()],
) as { properties: Record<string, JsonSchema> };
const validator = z.fromJSONSchema(schema);
const accepts = (value: unknown): boolean => validator.safeParse(value).success;

describe('the JSON schema of configuration files', () => {
  it('has every field with its line of documentation, beside the preset and itself', () => {
    expect(Object.keys(schema.properties).sort()).toEqual(
      ['$schema', 'preset', ...Object.keys(runConfigSchema.shape)].sort(),
    );
    for (const [name, field] of Object.entries(schema.properties))
      expect(field['description'], name).toEqual(expect.stringMatching(/\w{3}/));
  });

  it("lists the types of every slot with their settings, those of plugins of one's own included", () => {
    for (const slot of [...singleSlots, 'metrics' as const]) {
      const field = slot === 'metrics' ? (schema.properties[slot]!['items'] as JsonSchema) : schema.properties[slot]!;
      const [names, ...objects] = field['anyOf'] as [
        { enum: string[] },
        ...{ properties: Record<string, JsonSchema> }[],
      ];
      expect([...names.enum].sort(), slot).toEqual(registry.types(slot));
      expect(
        objects
          .map(({ properties }) => properties['type']?.['const'])
          .filter((type) => type !== undefined)
          .sort(),
      ).toEqual(registry.types(slot));
    }
    expect(JSON.stringify(schema.properties['advantage'])).toContain(
      '"weight":{"type":"number","minimum":0,"description":"how much"}',
    );
  });

  it('accepts every preset as a file, and what a file may say', () => {
    for (const [name, preset] of presetCatalog) expect(validator.safeParse(preset.values).error, name).toBeUndefined();
    for (const value of [
      {},
      { $schema: './orz.schema.json', preset: 'orz-tiny', seed: 3 },
      { preset: ['orz-tiny', 'kl-loss'] },
      { preset: './mine.ts' },
      { advantage: 'group', criticUpdateSteps: 0 },
      { advantage: { lambda: 0.95 } },
      { advantage: { type: 'gae', lambda: 0.95 } },
      { advantage: { type: 'mine', weight: 2 } },
      { metrics: ['jsonl', { type: 'jsonl', file: 'x' }] },
      { evaluation: { every: 3 } },
      { backend: { type: 'onnx', provider: 'cpu' } },
    ])
      expect(accepts(value), JSON.stringify(value)).toBe(true);
  });

  it('refuses what is misspelt, of another type or out of range, at the top and in slots', () => {
    for (const value of [
      { sed: 3 },
      { seed: -1 },
      { seed: 'x' },
      { preset: 'orz-huge' },
      { preset: ['orz-tiny', 'kl-los'] },
      { advantage: 'gea' },
      { advantage: { type: 'gae', lamda: 1 } },
      { advantage: { type: 'gae', lambda: 2 } },
      { advantage: { type: 'mine', weight: -1 } },
      { advantage: { lamda: 1 } },
      { metrics: 'jsonl' },
      { evaluation: { evry: 3 } },
    ])
      expect(accepts(value), JSON.stringify(value)).toBe(false);
  });
});
