import * as z from 'zod';

export const prometheusSettings = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(9464)
    .describe('Port of the endpoint; 0: any free one, which the log names. Runs at the same time need different ones'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address that the endpoint listens on; one that other machines reach needs a key in the environment variable ' +
        'ORZ_PROMETHEUS_KEY',
    ),
});

export type PrometheusSettings = z.infer<typeof prometheusSettings>;
