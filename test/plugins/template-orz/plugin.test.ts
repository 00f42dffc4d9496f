import { expect, it } from 'vitest';
import { createOrzTemplate } from '../../../plugins/template-orz/plugin.js';
import { oracle } from '../../fixtures/algorithm-oracle.js';

it('the template "orz" renders the prompt of the reference and stops at its four strings', () => {
  const template = createOrzTemplate();
  const { problem, prompt } = oracle.prompts[0]!;
  expect(template.render({ id: 'x', prompt: problem, answer: '2' }, {})).toBe(prompt);
  expect(template.stop).toEqual(['User:', 'Human:', 'Assistant:', '</answer>']);
});
