import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConformance } from '../../../../core/conformance/engine.js';
import { modelConformance } from '../../../../core/conformance/model.js';
import { samplerConformance } from '../../../../core/conformance/sampler.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import { onnxTolerance, referenceTolerance, startOnnx, startReference, underTest, type Settings } from './support.js';

const cases: readonly {
  readonly name: string;
  readonly start: () => Promise<Backend>;
  readonly settings: Settings;
  readonly tolerance: number;
}[] = [
  {
    name: 'the reference backend, one program for the network',
    start: startReference,
    settings: { programs: 'fused' },
    tolerance: referenceTolerance,
  },
  {
    name: 'ONNX on the CPU, one program for the network',
    start: startOnnx,
    settings: { programs: 'fused' },
    tolerance: onnxTolerance,
  },
  {
    name: 'ONNX on the CPU, block by block',
    start: startOnnx,
    settings: { programs: 'blocks' },
    tolerance: onnxTolerance,
  },
];

describe.each(cases)('the local engine on $name', ({ start, settings, tolerance }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  const test = underTest(() => backend, settings, tolerance);
  for (const check of [...engineConformance(test), ...modelConformance(test), ...samplerConformance(test)]) {
    it(check.title, async () => {
      await check.run();
      expect(backend.memory(), 'buffers left behind').toEqual({ buffers: 0, bytes: 0 });
    });
  }
});
