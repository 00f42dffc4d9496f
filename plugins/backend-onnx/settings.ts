import { z } from 'zod';

export const onnxSettings = z.object({
  provider: z
    .enum(['auto', 'cpu', 'cuda', 'webgpu'])
    .default('auto')
    .describe('Execution provider of ONNX Runtime; auto takes the fastest one present and says which'),
  threads: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Threads of one operation on the CPU; 0 takes the number of cores. Never changes a result'),
});
export type OnnxSettings = z.infer<typeof onnxSettings>;
