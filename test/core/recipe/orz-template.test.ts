import { describe, expect, it } from 'vitest';
import { orzStopStrings, orzTemplatePieces, renderOrzPrompt } from '../../../core/recipe/orz-template.js';
import { oracle } from '../../fixtures/algorithm-oracle.js';

describe('the ORZ template', () => {
  it.each(oracle.prompts)('equals the reference for the problem $problem', ({ problem, prompt }) => {
    expect(renderOrzPrompt(problem)).toBe(prompt);
  });

  it('is the pieces in order with the problem before the last one', () => {
    expect(orzTemplatePieces.slice(0, -1).join('') + '1 + 1' + orzTemplatePieces.at(-1)).toBe(renderOrzPrompt('1 + 1'));
    expect(new Set(orzTemplatePieces).size).toBe(6);
  });

  it('ends with the opened think tag and nothing after it', () => {
    expect(renderOrzPrompt('x').endsWith('x\nAssistant: <think>')).toBe(true);
  });

  it('stops at the three role words and the closing answer tag', () => {
    expect(orzStopStrings).toEqual(['User:', 'Human:', 'Assistant:', '</answer>']);
  });
});
