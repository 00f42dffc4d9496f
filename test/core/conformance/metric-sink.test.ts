import { describe, expect, it, vi } from 'vitest';
import { metricSinkConformance } from '../../../core/conformance/metric-sink.js';
import type { IterationDirective, Metrics, MetricSink } from '../../../core/contracts/metric-sink.js';
import jsonl from '../../../plugins/metrics-jsonl/plugin.js';
import { memoryStorage } from '../train/support.js';

async function failures(create: () => MetricSink | Promise<MetricSink>): Promise<string[]> {
  const found: string[] = [];
  for (const { title, run } of metricSinkConformance(create))
    await run().catch((error: unknown) => {
      found.push(`${title}: ${String((error as { code?: string }).code)}: ${(error as Error).message}`);
    });
  return found;
}

const sink =
  (parts: Partial<MetricSink>): (() => MetricSink) =>
  () => ({ name: 'test', record: () => undefined, ...parts });
const one = (text: RegExp): unknown => [expect.stringMatching(text)];

describe('the suite of metric sinks', () => {
  it('passes the sink of the package, and one with a state and a hook', async () => {
    expect(
      await failures(
        () =>
          jsonl.provides[0].create(
            { file: 'm' } as never,
            { platform: { storage: memoryStorage(new Map()) } } as never,
          ) as MetricSink,
      ),
    ).toEqual([]);
    const counting = (): MetricSink => {
      let count = 0;
      return {
        name: 'count',
        record: () => {
          count++;
        },
        state: () => ({ count }),
        restore: (state) => {
          ({ count } = state as { count: number });
        },
        iterationEnd: () => (count > 2 ? { stop: 'enough' } : undefined),
      };
    };
    expect(await failures(counting)).toEqual([]);
  });

  it('finds a sink that throws for a null, a text or an object', async () => {
    expect(
      (
        await failures(
          sink({
            record: (m: Metrics) => {
              for (const value of Object.values(m)) (value as number).toFixed(2);
            },
          }),
        )
      ).length,
    ).toBeGreaterThan(3);
    expect(
      await failures(
        sink({
          record: (m: Metrics) => {
            if (m['iteration'] === 40) throw new Error('not from the start');
          },
        }),
      ),
    ).toEqual(one(/first record.*ORZ_PLUGIN_INVALID.*: record threw: Error: not from the start/));
  });

  it('finds one that changes the metrics', async () => {
    expect(
      await failures(
        sink({
          record: (m: Metrics) => {
            delete (m as Record<string, unknown>)['note'];
          },
        }),
      ),
    ).toEqual(one(/does not change the metrics.*record or iterationEnd changed the metrics/));
  });

  it('finds directives that mean nothing', async () => {
    const directed = (value: unknown) => failures(sink({ iterationEnd: () => value as IterationDirective }));
    expect(await directed({ stop: true })).toEqual(one(/not a reason in words/));
    expect(await directed({ checkpoint: 'yes' })).toEqual(one(/neither true nor false/));
    expect(await directed({ halt: 'now' })).toEqual(one(/returned halt, which mean nothing/));
    expect(await directed('stop')).toEqual(one(/not an object/));
  });

  it('finds a state that is lost', async () => {
    expect(await failures(sink({ state: () => 1 }))).toEqual(one(/no `restore`/));
    expect(await failures(sink({ state: () => undefined, restore: () => undefined }))).toEqual(
      one(/nothing that JSON can hold/),
    );
    let made = 0;
    expect(
      await failures(() => {
        const id = made++;
        return { name: 'n', record: () => undefined, state: () => id, restore: () => undefined };
      }),
    ).toEqual(one(/the state is another one/));
  });

  it('finds one that keeps the run waiting', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let found: string[] | undefined;
      void failures(sink({ iterationEnd: () => new Promise(() => undefined) })).then((all) => (found = all));
      while (found === undefined) await vi.advanceTimersByTimeAsync(60_000);
      expect(found).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
