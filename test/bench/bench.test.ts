import { expect, test } from 'vitest';
import { besideReference, figure, percent, spread } from './measure.mjs';
import { forwardOperations, matrixElements, tiny, trainingOperations } from './networks.mjs';
import { asMarkdown, replaceBetweenMarkers } from './table.mjs';

test('the middle of an even number of measurements is the mean of the two in the middle', () => {
  expect(spread([4, 1, 3, 10])).toEqual({ min: 1, median: 3.5, max: 10 });
});

test('each repeat is set against the mean of the references right before and after it', async () => {
  let rate = 0;
  const found = await besideReference(
    3,
    async () => ++rate,
    async () => undefined,
  );
  expect(found.map((f) => f.reference)).toEqual([2.5, 3.5, 4.5]);
});

test('figures have three significant digits', () => {
  expect([0.012345, 4.5678, 99.96, 12_345, 0].map(figure)).toEqual(['0.0123', '4.57', '100', '12,300', '0']);
  expect([0.0123, 0.0996, 0.345].map(percent)).toEqual(['1.2 %', '10 %', '35 %']);
});

test('operations of orz-tiny as counted by hand', () => {
  // q and o 96 × 96, k and v 96 × 32, three of 96 × 256; twice; and 32 × 96 for the output layer.
  expect(matrixElements(tiny)).toBe(2 * (2 * 9216 + 2 * 3072 + 3 * 24_576) + 3072);
  // Sequences of 2 and 3 tokens: 2 per element and token, and 2 · 2 layers · 96 · (4 + 9) for causal attention.
  expect(forwardOperations(tiny, [2, 3])).toBe(2 * 199_680 * 5 + 2 * 2 * 96 * 13);
  expect(trainingOperations(tiny, [2, 3])).toBe(3 * forwardOperations(tiny, [2, 3]));
});

test('a table replaces what was between its markers and nothing else', () => {
  const document = 'a\n<!-- bench x -->\nold\n<!-- /bench x -->\nb\n';
  const report = { name: 'x', title: 'X', columns: ['n', 'v'], rows: [['one', '1']], notes: ['note'] };
  expect(replaceBetweenMarkers(document, 'bench x', asMarkdown(report))).toBe(
    'a\n<!-- bench x -->\n### X\n\n| n | v |\n| --- | ---: |\n| one | 1 |\n\n- note\n<!-- /bench x -->\nb\n',
  );
  expect(() => replaceBetweenMarkers(document, 'bench y', '')).toThrow('no markers');
});
