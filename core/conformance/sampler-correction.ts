import type { SamplerCorrection } from '../contracts/sampler-correction.js';
import { requireClose, requireDefined, requireThat, type ConformanceCheck } from './check.js';
import { exampleLossData } from './compile-loss.js';

/** Properties of a {@link SamplerCorrection} that does something. `create` makes a fresh one for each check. */
export function samplerCorrectionConformance(create: () => SamplerCorrection): ConformanceCheck[] {
  const factors = (old: Float32Array, sampler: Float32Array): Float32Array => {
    const correction = create();
    return requireDefined('factors', correction.factors?.bind(correction))(old, sampler);
  };
  return [
    {
      title: 'gives one finite factor per token, none below 0, and leaves its inputs alone',
      run: async () => {
        const { oldLogprobs, samplerLogprobs } = exampleLossData();
        const [old, sampler] = [oldLogprobs.slice(), samplerLogprobs.slice()];
        const row = factors(old, sampler);
        requireThat(row.length === old.length, `${row.length} factors for ${old.length} tokens`);
        requireThat(
          row.every((x) => Number.isFinite(x) && x >= 0),
          'a factor is not finite, or below 0',
          [...row].map(String),
        );
        requireClose('oldLogprobs after the call', old, oldLogprobs, 0);
        requireClose('samplerLogprobs after the call', sampler, samplerLogprobs, 0);
      },
    },
    {
      title: 'corrects nothing where sampler and policy agree, and no token of an empty response',
      run: async () => {
        const { oldLogprobs } = exampleLossData();
        requireClose('factors', factors(oldLogprobs, oldLogprobs), new Float32Array(oldLogprobs.length).fill(1), 1e-6);
        requireThat(factors(new Float32Array(0), new Float32Array(0)).length === 0, 'a factor for an empty response');
      },
    },
    {
      title: 'stays finite where they are far apart',
      run: async () => {
        const far = [Float32Array.of(-1e-6, -700), Float32Array.of(-700, -1e-6)] as const;
        requireThat(factors(...far).every(Number.isFinite), 'a factor is not finite', [...factors(...far)].map(String));
      },
    },
  ];
}
