import { describe, expect, it } from 'vitest';
import { definePreset, presetChain, presetLayers, sourceOf, type Preset } from '../../../core/config/preset.js';

const preset = (name: string, extended?: string): Preset =>
  definePreset({
    name,
    description: name,
    ...(extended !== undefined && { extends: extended }),
    values: { advantage: { lambda: 0.5 }, seed: 3 },
    sources: { advantage: `paper of ${name}` },
  });
const catalog = (...presets: Preset[]) => new Map(presets.map((entry) => [entry.name, entry]));

describe('presetChain', () => {
  it('lists what is extended first', () => {
    const chain = presetChain('c', catalog(preset('a'), preset('b', 'a'), preset('c', 'b')));
    expect(presetLayers(chain).map(({ label }) => label)).toEqual(['preset a', 'preset b', 'preset c']);
  });

  it('names an unknown preset, what asked for it, the known ones and the nearest', () => {
    expect(() => presetChain('orz-7', catalog(preset('orz-7b')), '--preset')).toThrow(
      expect.objectContaining({
        code: 'ORZ_PRESET_UNKNOWN',
        details: expect.objectContaining({
          value: 'orz-7',
          origin: '--preset',
          allowed: ['orz-7b'],
          remedy: "Did you mean 'orz-7b'?",
        }),
      }),
    );
    expect(() => presetChain('b', catalog(preset('b', 'nowhere')))).toThrow(
      expect.objectContaining({
        code: 'ORZ_PRESET_UNKNOWN',
        details: expect.objectContaining({ value: 'nowhere', origin: 'preset b' }),
      }),
    );
  });

  it('names all members of a circle', () => {
    expect(() => presetChain('a', catalog(preset('a', 'b'), preset('b', 'c'), preset('c', 'a')))).toThrow(
      expect.objectContaining({
        code: 'ORZ_PRESET_CYCLE',
        message: expect.stringContaining('a → b → c → a'),
      }),
    );
  });
});

describe('sourceOf', () => {
  const chain = [preset('a'), preset('b', 'a')];
  it('cites the preset that set the value; the entry of a slot covers its settings', () => {
    expect(sourceOf('advantage.lambda', 'preset b', chain)).toBe('paper of b');
  });
  it('cites nothing for values without source or from elsewhere', () => {
    expect(sourceOf('seed', 'preset b', chain)).toBeUndefined();
    expect(sourceOf('advantage.lambda', 'orz.config.ts', chain)).toBeUndefined();
    expect(sourceOf('advantage.lambda', undefined, chain)).toBeUndefined();
  });
});
