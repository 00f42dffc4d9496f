import * as z from 'zod';
import { criticScale } from '../../core/tinker/critic-scale.js';
import { serverNames } from './servers.js';

/** What a server that takes its optimizer at start was started with; `orz-train cluster` writes both. */
const startedWith = z.strictObject({
  beta1: z.number(),
  beta2: z.number(),
  epsilon: z.number(),
  weightDecay: z.number(),
  maxGradNorm: z.number().positive(),
});

export const tinkerSettings = z.strictObject({
  url: z.string().min(1).describe('Address of the server, without /api/v1'),
  server: z
    .enum(['auto', ...serverNames])
    .default('auto')
    .describe('What the server is; auto recognises orz-train serve, any other must be named'),
  baseModel: z
    .string()
    .min(1)
    .optional()
    .describe('What the server calls the base model; if absent, the path of the model'),
  startedWith: startedWith
    .optional()
    .describe('Optimizer settings that a server of the kind skyrl-fsdp was started with'),
  dataParallel: z.int().min(1).default(1).describe('Devices that share the sequences of an update on skyrl-fsdp'),
  criticScale: z
    .number()
    .positive()
    .default(criticScale)
    .describe('Divisor of the critic’s loss on skyrl-fsdp, whose sum of weights per sequence must not exceed 1'),
  maxChunkDatums: z.int().min(1).default(1024).describe('Maximum number of sequences in one request'),
  maxChunkBytes: z.int().min(1000).default(5_000_000).describe('Maximum bytes of one request'),
  maxSamplesInFlight: z.int().min(1).default(2000).describe('Maximum number of prompts being sampled at once'),
});

export type TinkerSettings = z.infer<typeof tinkerSettings>;
