import * as z from 'zod';

export const webgpuSettings = z.strictObject({
  adapter: z
    .string()
    .default('')
    .describe('Part of the name of the adapter to use, for example nvidia; empty lets the power preference decide'),
  powerPreference: z
    .enum(['high-performance', 'low-power'])
    .default('high-performance')
    .describe('Which adapter to prefer if there are several'),
  precision: z
    .enum(['f32', 'f16'])
    .default('f32')
    .describe(
      'Element type of the factors of matrix products: f16 halves their memory traffic and uses the matrix units ' +
        'of a GPU, if it has any; sums stay f32',
    ),
});
export type WebGpuSettings = z.infer<typeof webgpuSettings>;
