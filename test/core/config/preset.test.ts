import { describe, expect, it } from 'vitest';
import { definePreset, presetLayers, presetStack, sourceOf, type Preset } from '../../../core/config/preset.js';

const preset = (name: string, extended?: string): Preset =>
  definePreset({
    name,
    description: name,
    ...(extended !== undefined && { extends: extended }),
    values: { advantage: { lambda: 0.5 }, seed: 3 },
    sources: { advantage: `paper of ${name}` },
  });
const catalog = (...presets: Preset[]) => new Map(presets.map((entry) => [entry.name, entry]));

describe('presetStack', () => {
  it('lists what is extended first', () => {
    const chain = presetStack(['c'], catalog(preset('a'), preset('b', 'a'), preset('c', 'b')));
    expect(presetLayers(chain).map(({ label }) => label)).toEqual(['preset a', 'preset b', 'preset c']);
  });

  it('names an unknown preset, what asked for it, the known ones and the nearest', () => {
    expect(() => presetStack(['orz-7'], catalog(preset('orz-7b')), '--preset')).toThrow(
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
    expect(() => presetStack(['b'], catalog(preset('b', 'nowhere')))).toThrow(
      expect.objectContaining({
        code: 'ORZ_PRESET_UNKNOWN',
        details: expect.objectContaining({ value: 'nowhere', origin: 'preset b' }),
      }),
    );
  });

  it('names all members of a circle', () => {
    expect(() => presetStack(['a'], catalog(preset('a', 'b'), preset('b', 'c'), preset('c', 'a')))).toThrow(
      expect.objectContaining({
        code: 'ORZ_PRESET_CYCLE',
        message: expect.stringContaining('a → b → c → a'),
      }),
    );
  });
});

describe('presetStack of several', () => {
  const difference = (name: string, changes: string): Preset => ({
    name,
    description: name,
    changes,
    values: { advantage: { lambda: 0.5 } },
  });
  const all = catalog(
    preset('base'),
    preset('tiny', 'base'),
    preset('large', 'base'),
    difference('ablation', 'large'),
    preset('my-ablation', 'ablation'),
    difference('of-ablation', 'ablation'),
    difference('round', 'about'),
    difference('about', 'round'),
  );
  const names = (...wanted: string[]) => presetStack(wanted, all).map(({ name }) => name);

  it('lays each on the ones before, and what they share once', () => {
    expect(names('tiny', 'large')).toEqual(['base', 'tiny', 'large']);
  });

  it('lays a difference on what was chosen with it, in either order, and alone on what it changes', () => {
    expect(names('tiny', 'ablation')).toEqual(['base', 'tiny', 'ablation']);
    expect(names('ablation', 'tiny')).toEqual(['base', 'tiny', 'ablation']);
    expect(names('ablation')).toEqual(['base', 'large', 'ablation']);
  });

  it('takes what extends a difference for one, and several differences together', () => {
    expect(names('my-ablation')).toEqual(['base', 'large', 'ablation', 'my-ablation']);
    expect(names('my-ablation', 'tiny', 'of-ablation')).toEqual([
      'base',
      'tiny',
      'ablation',
      'my-ablation',
      'of-ablation',
    ]);
    expect(names('of-ablation')).toEqual(['base', 'large', 'ablation', 'of-ablation']);
  });

  it('names the members of a circle of differences', () => {
    expect(() => names('round')).toThrow(expect.objectContaining({ code: 'ORZ_PRESET_CYCLE' }));
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
