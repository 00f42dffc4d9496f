import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { IterationEnd, IterationDirective, MetricSink } from '../../../../core/contracts/metric-sink.js';
import { definePlugin, provide, type Plugin } from '../../../../core/plugin/define.js';
import { run } from '../support.js';

function hook(name: string, iterationEnd: MetricSink['iterationEnd'], calls: string[] = []): Plugin {
  const sink: MetricSink = {
    name,
    record: ({ iteration }) => {
      calls.push(`record ${Number(iteration)}`);
    },
    rollouts: ({ iteration, set }) => {
      if (set === undefined) calls.push(`rollouts ${iteration}`);
    },
    iterationEnd: iterationEnd!,
  };
  return definePlugin({
    name,
    provides: [
      provide('metrics', name, { description: 'for a test', settings: z.strictObject({}), create: () => sink }),
    ],
  });
}

describe('a hook at the end of an iteration', () => {
  it('is called after the numbers and the responses of that iteration, with the numbers', async () => {
    const calls: string[] = [],
      ends: IterationEnd[] = [];
    const { metrics } = await run({
      plugins: [
        hook(
          'h',
          (end) => {
            ends.push(end);
            calls.push(`end ${end.iteration}`);
          },
          calls,
        ),
      ],
      config: { metrics: ['h'], iterations: 2 },
    });
    expect(calls).toEqual(['record 1', 'rollouts 1', 'end 1', 'record 2', 'rollouts 2', 'end 2']);
    expect(ends).toEqual(metrics.map((m, i) => ({ iteration: i + 1, iterations: 2, metrics: m })));
  });

  it('may ask for a checkpoint that would not be due', async () => {
    const { files } = await run({
      plugins: [hook('h', ({ iteration }): IterationDirective => ({ checkpoint: iteration === 2 }))],
      config: { metrics: ['h'], iterations: 4 },
    });
    const names = new Set([...files.keys()].flatMap((path) => /^checkpoints\/(iteration-\d+)\//.exec(path)?.[1] ?? []));
    expect([...names]).toEqual(['iteration-000002']);
  });

  it('may end the run: it is evaluated and saved as at its end, and other hooks are still asked', async () => {
    const asked: number[] = [];
    const { files, summary, metrics } = await run({
      plugins: [
        hook('a', ({ iteration }) => (iteration === 2 ? { stop: 'good enough' } : undefined)),
        hook('b', ({ iteration }) => {
          asked.push(iteration);
        }),
      ],
      config: { metrics: ['a', 'b'], iterations: 9 },
    });
    expect(metrics).toHaveLength(2);
    expect(asked).toEqual([1, 2]);
    expect(summary.iterations).toBe(2);
    expect(Object.keys(summary.after)).toEqual(['held-out']);
    expect([...files.keys()]).toContain('checkpoints/final/policy/model.safetensors');
  });

  it('that throws ends the run with its error', async () => {
    await expect(
      run({
        plugins: [
          hook('h', () => {
            throw new Error('hook is broken');
          }),
        ],
        config: { metrics: ['h'] },
      }),
    ).rejects.toThrow('hook is broken');
  });
});
