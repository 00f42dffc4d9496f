import { z } from 'zod';

export const webgpuSettings = z.strictObject({
  adapter: z.string().default('').describe('Part of the name of the adapter to use, for example nvidia or swiftshader; empty takes what the power preference finds'),
  powerPreference: z.enum(['high-performance', 'low-power']).default('high-performance').describe('Which adapter to prefer where there are several'),
});
export type WebGpuSettings = z.infer<typeof webgpuSettings>;
