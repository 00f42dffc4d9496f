import * as z from 'zod';

/** Environment variable that holds the address, where it is a secret. */
export const urlVariable = 'ORZ_WEBHOOK_URL';

export const webhookSettings = z.strictObject({
  url: z
    .string()
    .min(1)
    .optional()
    .describe(
      `Address that messages are posted to; it is written to config.json, so leave out one that holds a secret and ` +
        `set the environment variable ${urlVariable} instead`,
    ),
  timeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe('Milliseconds after which an attempt to deliver a message is given up'),
  attempts: z.int().min(1).max(10).default(3).describe('How often a message is tried; after a refusal (4xx), once'),
});

export type WebhookSettings = z.infer<typeof webhookSettings>;
