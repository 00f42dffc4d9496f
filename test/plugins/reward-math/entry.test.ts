import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  createMathReward,
  extractAnswer,
  gradeResponse,
  verify,
  type MathOptions,
} from '../../../plugins/reward-math/index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = join(root, 'dist/plugins/reward-math/index.js');

describe('the verifier on its own', () => {
  it('compares bare answers, finds answers and grades responses, with settings or without', () => {
    expect(verify('2\\sqrt{3}', '\\sqrt{12}')).toMatchObject({ verdict: 'correct', rule: 'normal form' });
    expect(verify('\\frac13', '0.33').verdict).toBe('wrong');
    expect(verify('\\frac13', '0.33', { precision: 2 }).verdict).toBe('correct');
    expect(extractAnswer('<answer>\\boxed{5}</answer>')).toBe('5');
    expect(extractAnswer('It is $5$.')).toBeUndefined();
    expect(extractAnswer('It is $5$.', { extraction: 'anywhere' })).toBe('5');
    expect(gradeResponse('5', '<answer>\\boxed{5}</answer>')).toMatchObject({ value: 1, verdict: 'correct' });
    expect(gradeResponse('5', '<answer>\\boxed{5}</answer>', { stopReason: 'length' }).verdict).toBe('truncated');
    const problem = { id: 'p', prompt: '', answer: '5' };
    const rollout = {
      index: 0,
      problem,
      text: '<answer>\\boxed{5}</answer>',
      stopReason: 'stop' as const,
      responseLength: 3,
    };
    expect(createMathReward().grade([rollout])).toEqual([gradeResponse('5', rollout.text)]);
    expect(createMathReward().checkAnswer(problem)).toEqual({ gradable: true });
  });

  it.each([
    ['an unknown setting', { precison: 3 }],
    ['a value out of range', { precision: -1 }],
  ])('refuses %s', (_, wrong) => {
    const options: MathOptions = wrong as MathOptions;
    for (const use of [
      () => verify('1', '1', options),
      () => extractAnswer('1', options),
      () => gradeResponse('1', '1', options),
      () => createMathReward(options),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }));
  });

  it.each([
    '',
    ' ',
    '\\boxed{',
    '$',
    '\\',
    '\u0000',
    '\ud800',
    '{'.repeat(5_000),
    '\\frac'.repeat(2_000),
    '9'.repeat(20_000),
  ])('throws for no text (%j)', (text) => {
    for (const extraction of ['answer-tags', 'anywhere'] as const) {
      expect(() => extractAnswer(text, { extraction })).not.toThrow();
      expect(() => gradeResponse('5', `<answer>\\boxed{${text}}</answer>`, { extraction })).not.toThrow();
      expect(() => gradeResponse(text, `<answer>\\boxed{5}</answer>`, { extraction })).not.toThrow();
    }
    expect(() => verify(text, text)).not.toThrow();
  });

  it('loads zod and files of this package, and nothing else', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      // The compiler writes each import on one line.
      for (const [, specifier] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\b(?:.*\bfrom)? ['"]([^'"]+)['"];$/gm,
      ))
        if (specifier!.startsWith('.')) visit(join(dirname(file), specifier!));
        else packages.add(specifier!);
    };
    visit(entry);
    expect([...packages]).toEqual(['zod']);
    expect(seen.size).toBeGreaterThan(20);
  });

  it('is one file that loads nothing, so that importing it takes as long as parsing it', () => {
    const bundle = readFileSync(join(root, 'dist', 'math.js'), 'utf8');
    expect([...bundle.matchAll(/\b(?:import|from|require)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name)).toEqual(
      [],
    );
  });
});
