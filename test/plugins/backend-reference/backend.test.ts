import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { add, sub } from '../../../core/compute/tensor/ops.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';
import plugin from '../../../plugins/backend-reference/plugin.js';

describe('the reference backend', () => {
  it('computes in float64 and rounds once', async () => {
    const backend = new ReferenceBackend(),
      g = new Graph('cancel');
    const x = g.input('x', [1]),
      tiny = g.input('tiny', [1]);
    g.output('rest', sub(add(x, tiny), x));
    const program = await backend.compile(g, { label: 'cancel' });
    const small = Float32Array.of(1e-10);
    const outputs = await backend.submit(program, {
      x: backend.create([1], 'f32', Float32Array.of(1)),
      tiny: backend.create([1], 'f32', small),
    });
    // In float32 nothing would be left of it; float64 leaves 16 digits of 1, so 6 of 1e-10.
    expect((await backend.read(outputs['rest']!))[0]).toBeCloseTo(1e-10, 15);
  });

  it('says how a buffer died', async () => {
    const backend = new ReferenceBackend(),
      g = new Graph('step');
    g.output('next', add(g.input('state', [1]), 1));
    const program = await backend.compile(g, { label: 'one step', donate: ['state'] });
    const state = backend.create([1], 'f32'),
      other = backend.create([1], 'f32');
    await backend.submit(program, { state });
    backend.release(other);
    await expect(backend.read(state)).rejects.toThrow(
      expect.objectContaining({
        code: 'ORZ_BUFFER_CONSUMED',
        message: expect.stringContaining('donated to program "one step" as "state"'),
      }),
    );
    await expect(backend.read(other)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('was released') }),
    );
  });

  it('kills its buffers when it is disposed', async () => {
    const backend = new ReferenceBackend(),
      buffer = backend.create([2], 'f32');
    await backend.dispose();
    expect([buffer.alive, backend.memory().buffers]).toEqual([false, 0]);
  });

  it('is provided as backend "reference" without settings', () => {
    const [provider] = plugin.provides;
    expect([plugin.name, provider.slot, provider.type]).toEqual(['backend-reference', 'backend', 'reference']);
    expect(provider.settings.safeParse({}).success).toBe(true);
    expect(provider.settings.safeParse({ threads: 2 }).success).toBe(false);
    expect(provider.create({} as never, {} as never)).toBeInstanceOf(ReferenceBackend);
  });
});
