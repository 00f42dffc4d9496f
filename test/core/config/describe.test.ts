import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { describeFields } from '../../../core/config/describe.js';
import { runConfigSchema } from '../../../core/config/schema.js';
import { readPage } from '../../docs/pages.js';

describe('describeFields', () => {
  it('puts type and range of every kind of field in words', () => {
    const schema = z.strictObject({
      count: z.int().min(1).default(3).describe('how many'),
      share: z.number().positive().lt(1),
      clip: z.number().positive().nullable().default(null),
      kind: z.enum(['a', 'b']),
      on: z.boolean(),
      name: z.string().min(1).optional(),
      list: z.array(z.string()),
      inner: z.strictObject({ deep: z.literal('x').default('x') }).prefault({}),
    });
    expect(describeFields(schema)).toEqual([
      { path: 'count', description: 'how many', allowed: 'integer, at least 1', default: 3 },
      { path: 'share', description: '', allowed: 'number, above 0, below 1' },
      { path: 'clip', description: '', allowed: 'number, above 0 or null', default: null },
      { path: 'kind', description: '', allowed: 'one of "a", "b"' },
      { path: 'on', description: '', allowed: 'true or false' },
      { path: 'name', description: '', allowed: 'text, not empty', default: null },
      { path: 'list', description: '', allowed: 'a list, each entry text' },
      { path: 'inner.deep', description: '', allowed: '"x"', default: 'x' },
    ]);
  });
});

describe('docs/configuration.md', () => {
  const shown = (value: unknown) =>
    value === undefined ? 'from the preset' : value === null ? 'none' : `\`${JSON.stringify(value)}\``;
  const rows = describeFields(runConfigSchema).map(
    (field) => `| \`${field.path}\` | ${shown(field.default)} | ${field.allowed} | ${field.description} |`,
  );

  it('has one row for each field of the schema, and no other', () => {
    const table = readPage('docs/configuration.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(table).toEqual(rows);
  });

  it('finds a line of documentation at every field', () => {
    expect(describeFields(runConfigSchema).filter(({ description }) => description.length < 10)).toEqual([]);
  });
});
