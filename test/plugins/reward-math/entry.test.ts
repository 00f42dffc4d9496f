import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
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

  it('is there in a tenth of a second', () => {
    const millisecondsOf = (module: string): number => {
      const program = `const start = performance.now();
        import(${JSON.stringify(module)}).then(() => console.log(performance.now() - start));`;
      return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', cwd: root }).stdout);
    };
    const times = Array.from({ length: 6 }, () => [millisecondsOf(entry), millisecondsOf('zod')] as const);
    const [own, zod] = [Math.min(...times.map(([time]) => time)), Math.min(...times.map(([, time]) => time))];
    // On a machine that is busy with other tests everything takes longer, zod alone as well.
    expect(own).toBeLessThan(Math.max(100, 2.5 * zod));
  });
});
