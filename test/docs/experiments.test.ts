import { describe, expect, it } from 'vitest';
import { gatherConfig } from '../../cli/config/gather.js';
import { temporaryFolder } from '../cli/temporary-folder.js';
import { argumentsOf, readPage } from './pages.js';

const [, section = ''] =
  /\n### The experiments of the paper\n(.*?)\n## /s.exec(readPage('docs/configuration.md')) ?? [];
/** Flags as the page shows them, as far as they are complete. */
const shown = [...section.matchAll(/`(--[^`]+)`/g)]
  .map(([, flags = '']) => flags)
  .filter((text) => !text.includes('…'));

describe('the experiments of docs/configuration.md', () => {
  it('are all there', () => {
    expect(shown.length).toBeGreaterThan(15);
  });

  it.each(shown)('%s is a valid configuration', async (flags) => {
    const words = argumentsOf(`orz-train ${flags}`);
    const valuesOf = (flag: string): string[] => words.flatMap((word, i) => (words[i - 1] === flag ? [word] : []));
    const preset = valuesOf('--preset');
    const [seed] = valuesOf('--seed');
    const asked = { set: valuesOf('--set'), config: false as const, ...(seed !== undefined && { seed }) };
    const named = { preset: preset.length > 0 ? preset : ['orz-7b'] };
    const { resolved } = await gatherConfig({ ...asked, ...named }, temporaryFolder());
    expect(resolved.config.iterations).toBeGreaterThan(0);
  });
});
