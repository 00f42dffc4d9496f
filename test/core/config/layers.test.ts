import { describe, expect, it } from 'vitest';
import { mergeLayers, originOf, parseSet } from '../../../core/config/layers.js';

const merge = (...layers: Record<string, unknown>[]) =>
  mergeLayers(layers.map((values, i) => ({ label: `layer ${i}`, values })));

describe('mergeLayers', () => {
  it('lets a later layer win key by key, inside nested objects too', () => {
    const { values } = merge({ seed: 1, evaluation: { every: 5, samples: 2 } }, { evaluation: { every: 7 } });
    expect(values).toEqual({ seed: 1, evaluation: { every: 7, samples: 2 } });
  });

  it('remembers which layer set each leaf', () => {
    const { origins } = merge({ seed: 1, evaluation: { every: 5, samples: 2 } }, { evaluation: { every: 7 } });
    expect(Object.fromEntries(origins)).toEqual({
      seed: 'layer 0',
      'evaluation.every': 'layer 1',
      'evaluation.samples': 'layer 0',
    });
  });

  it('reads a name as the type of a slot, in lists of metrics too', () => {
    expect(merge({ backend: 'onnx', metrics: ['jsonl', { type: 'other', file: 'x' }] }).values).toEqual({
      backend: { type: 'onnx' },
      metrics: [{ type: 'jsonl' }, { type: 'other', file: 'x' }],
    });
  });

  it('keeps the settings of a slot when a layer changes one of them or repeats the type', () => {
    expect(
      merge({ advantage: { type: 'gae', gamma: 0.9 } }, { advantage: { lambda: 0.5 } }, { advantage: 'gae' }).values,
    ).toEqual({ advantage: { type: 'gae', gamma: 0.9, lambda: 0.5 } });
  });

  it('drops the settings of a slot, and their origins, when a layer changes its type', () => {
    const { values, origins } = merge(
      { advantage: { type: 'gae', gamma: 0.9 } },
      { advantage: { type: 'group', divideByStd: false } },
    );
    expect(values).toEqual({ advantage: { type: 'group', divideByStd: false } });
    expect(Object.fromEntries(origins)).toEqual({ 'advantage.type': 'layer 1', 'advantage.divideByStd': 'layer 1' });
  });

  it('replaces lists whole and does not take undefined for a value', () => {
    expect(merge({ metrics: ['a', 'b'], seed: 3 }, { metrics: ['c'], seed: undefined }).values).toEqual({
      metrics: [{ type: 'c' }],
      seed: 3,
    });
  });

  it('adds plugins up, each once', () => {
    expect(merge({ plugins: ['a', 'b'] }, { plugins: ['b', 'c'] }).values).toEqual({ plugins: ['a', 'b', 'c'] });
  });

  it('takes null for a value', () => {
    expect(
      merge({ valueLoss: { type: 'value', valueClipEps: 0.2 } }, { valueLoss: { valueClipEps: null } }).values,
    ).toEqual({ valueLoss: { type: 'value', valueClipEps: null } });
  });

  it('does not change the layers it merges', () => {
    const first = { evaluation: { every: 5 } };
    merge(first, { evaluation: { every: 7 } });
    expect(first).toEqual({ evaluation: { every: 5 } });
  });

  it('treats __proto__ as a key like any other, so that it is reported and not obeyed', () => {
    const { values } = merge(JSON.parse('{"__proto__": {"polluted": 1}}') as Record<string, unknown>);
    expect(Object.keys(values)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('rejects a layer that is no object, naming it', () => {
    expect(() => mergeLayers([{ label: 'orz.config.json', values: [] as never }])).toThrow(
      expect.objectContaining({
        code: 'ORZ_CONFIG_INVALID',
        details: expect.objectContaining({ origin: 'orz.config.json' }),
      }),
    );
  });
});

describe('originOf', () => {
  const { origins } = merge({ metrics: ['jsonl'], grading: { workers: 2 } });

  it('finds the layer of an entry of a list', () => {
    expect(originOf('metrics.0.type', origins)).toBe('layer 0');
  });
  it('finds the layer of a list of texts for the entries in it', () => {
    expect(originOf('plugins.1', merge({ plugins: ['a', 'b'] }).origins)).toBe('layer 0');
  });
  it('finds a layer for an object through what is in it', () => {
    expect(originOf('grading', origins)).toBe('layer 0');
  });
  it('is undefined for what no layer states', () => {
    expect(originOf('seed', origins)).toBeUndefined();
  });
});

describe('parseSet', () => {
  it.each([
    ['seed=7', { seed: 7 }],
    ['policyLearningRate=1e-3', { policyLearningRate: 0.001 }],
    ['whitenAdvantages=false', { whitenAdvantages: false }],
    ['valueLoss.valueClipEps=null', { valueLoss: { valueClipEps: null } }],
    ['backend.provider=webgpu', { backend: { provider: 'webgpu' } }],
    ['metrics=["jsonl"]', { metrics: ['jsonl'] }],
    ['runDir=runs/a=b', { runDir: 'runs/a=b' }],
    ['runDir=', { runDir: '' }],
  ])('reads %s', (flag, values) => {
    expect(parseSet(flag)).toEqual({ label: `--set ${flag}`, values });
  });

  it.each(['seed', '=3', 'a..b=3', '.a=3', 'a.=3', ''])("rejects '%s' and shows it", (flag) => {
    expect(() => parseSet(flag)).toThrow(
      expect.objectContaining({
        code: 'ORZ_USAGE',
        details: expect.objectContaining({ value: flag, origin: '--set' }),
      }),
    );
  });
});
