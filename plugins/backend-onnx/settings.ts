import * as z from 'zod';

export const providerNames = ['cpu', 'cuda', 'webgpu'] as const;
export type ProviderName = (typeof providerNames)[number];

export const onnxSettings = z.object({
  provider: z
    .enum(['auto', ...providerNames])
    .default('auto')
    .describe('Execution provider of ONNX Runtime; auto picks the fastest one present and says which'),
  threads: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Threads per operation on the CPU; 0 means one per core, at most 16. Never changes a result'),
});
export type OnnxSettings = z.infer<typeof onnxSettings>;
