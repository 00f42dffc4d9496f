import { expect, test } from 'vitest';
import { execute } from './gpu.mjs';
import { conformanceReport, stepReport } from './report.mjs';
import { shapes } from './shapes.mjs';

const work = { ...shapes.small.tiny, label: 'orz-tiny', lengths: [40, 60], batch: 4, responseLength: 8 };

test('a part that does not run leaves a reason in its row', () => {
  const { rows, notes } = stepReport(
    [
      { work, label: 'webgpu, f32', device: 'a GPU', training: 0.5, decoding: 2 },
      { work, label: 'CUDA', reason: 'no driver' },
    ],
    'a machine',
    'no Vulkan.',
  );
  expect(rows).toEqual([
    ['orz-tiny', 'webgpu, f32', '0.500', '200', '16.0'],
    ['orz-tiny', 'CUDA', 'skipped: no driver', '', ''],
  ]);
  expect(notes).toContain('No benchmark of webgpu: no Vulkan.');
  expect(notes).toContain('Devices: a GPU. Machine: a machine.');
});

test('failed checks are named, and those that were not begun are counted', () => {
  const { rows, notes } = conformanceReport({ checks: 10, passed: 6, failed: ['sum: 1 instead of 2'] });
  expect(rows).toEqual([['10', '6', '1', '3']]);
  expect(notes).toEqual(['Failed: sum: 1 instead of 2.']);
  expect(conformanceReport({ reason: 'no adapter.' }).notes).toEqual(['Not tried: no adapter.']);
});

test('a part gives its last line, or the reason why it has none', () => {
  const node = (script: string) => execute([process.execPath, '-e', script], process.env, 60);
  expect(node('console.log("words"); console.log("{\\"x\\": 1}")')).toEqual({ x: 1 });
  expect(node('console.error("lost the device"); process.exit(3)')).toEqual({ reason: 'lost the device' });
  expect(execute([process.execPath, '-e', ''], process.env, 0)).toEqual({ reason: 'no time left of 600 s' });
  expect(execute(['no-such-program'], process.env, 60)).toEqual({ reason: 'no-such-program does not start' });
});
