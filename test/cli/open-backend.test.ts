import { expect, it } from 'vitest';
import { openBackend } from '../../cli/open-backend.js';
import { Graph, gradients, mul, sum } from '../../core/index.js';

it.each(['reference', 'onnx'] as const)('a program of tensors runs on %s outside a run', async (type) => {
  const backend = await openBackend(type);
  const g = new Graph('square'),
    x = g.input('x', [3]);
  g.output('dx', gradients(sum(mul(x, x)), [x])[0]!);
  const program = await backend.compile(g, { label: 'square' });
  const { dx } = await backend.submit(program, { x: backend.create([3], 'f32', Float32Array.of(1, 2, -3)) });
  expect(await backend.read(dx!)).toEqual(Float32Array.of(2, 4, -6));
  await backend.dispose();
});

it('settings are checked as those of a configuration are', async () => {
  await expect(openBackend('webgpu', { precison: 'f16' })).rejects.toMatchObject({
    code: 'ORZ_CONFIG_UNKNOWN_KEY',
    details: { remedy: "Did you mean 'backend.precision'?" },
  });
  await expect(openBackend('tpu' as 'onnx')).rejects.toMatchObject({ code: 'ORZ_BACKEND_UNKNOWN' });
});
