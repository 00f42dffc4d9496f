import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { describeFields } from '../../core/config/describe.js';
import { dataFiltersSchema } from '../../core/data/filters.js';
import { recordForms } from '../../core/data/forms.js';
import { trainSourceSchema } from '../../plugins/data-files/settings.js';
import { temporaryFolder } from '../cli/temporary-folder.js';
import { readPage, samplesOf } from './pages.js';

const page = readPage('docs/data.md');
/** Rows of a table: the first cell without its code marks, and the others as they are. */
const rows = (title: string): string[][] =>
  page
    .split(`\n| ${title}`)[1]!
    .split('\n\n')[0]!
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(2, -2)
        .split(/ (?<!\\)\| /)
        .map((cell, i) => (i === 0 ? cell.replaceAll('`', '') : cell)),
    );

describe('docs/data.md', () => {
  it('lists every setting of a source, with its meaning', () => {
    const known = describeFields(trainSourceSchema)
      .map(({ path, description }) => [path.split('.')[0]!, description] as const)
      .filter(([name]) => name !== 'fields');
    expect(
      rows('Setting of a source')
        .filter(([name]) => name !== 'fields')
        .sort(),
    ).toEqual(known.map(([...row]) => row).sort());
    expect(rows('Setting of a source').some(([name]) => name === 'fields')).toBe(true);
  });

  it('lists every form with its description', () => {
    expect(rows('Form')).toEqual(
      recordForms.map(({ name, description }) => [name, `\`${description.replaceAll('|', '\\|')}\``]),
    );
  });

  it('lists every filter with its default', () => {
    expect(rows('Setting | Default').map(([name, standard]) => [name, standard])).toEqual(
      describeFields(dataFiltersSchema).map(({ path, default: standard }) => [
        `dataFilters.${path}`,
        `\`${String(standard)}\``,
      ]),
    );
  });

  it.each(samplesOf('docs/data.md'))('shows in $file a configuration that resolves', async ({ file, text }) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, file), text);
    const { resolved } = await gatherConfig({ config: file }, folder);
    expect(resolved.config.data.type).toBe('files');
  });
});
