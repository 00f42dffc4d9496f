import type { IterationEnd, Metrics, MetricSink } from '../contracts/metric-sink.js';
import { requireThat, type ConformanceCheck } from './check.js';

/** Metrics of an iteration with every kind of value there is: numbers tiny, huge and negative, texts, objects, nulls, odd names. */
function exampleMetrics(iteration: number): Metrics {
  return {
    iteration,
    reward: 0.25,
    responseLengthCorrect: null,
    policyLoss: -1e-12,
    peakMemoryBytes: 9e15,
    stopReasons: { stop: 0.75, length: 0.25 },
    warnings: {},
    'evaluation/a set, "quoted"\n': { reward: 0.5 },
    note: 'a text, with "quotes"\nand a second line',
    ...(iteration % 2 === 0 && { onlyNowAndThen: iteration }),
  };
}

/** A sink is waited for after every iteration. */
const patienceMs = 5000;

async function within(what: string, work: () => unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('late'));
    }, patienceMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    return requireThat(
      false,
      error instanceof Error && error.message === 'late'
        ? `${what} was not done after ${patienceMs} ms; the run would wait for it`
        : `${what} threw: ${String(error)}`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Properties of a {@link MetricSink}. `create` makes a fresh one for each check, over storage of its own. What a sink writes is its own affair; here it is only
 * that it cannot spoil a run.
 */
export function metricSinkConformance(create: () => MetricSink | Promise<MetricSink>): ConformanceCheck[] {
  const end = (iteration: number): IterationEnd => ({ iteration, iterations: 4, metrics: exampleMetrics(iteration) });
  const check = (title: string, body: (sink: MetricSink) => Promise<void>): ConformanceCheck => ({
    title,
    run: async () => {
      const sink = await create();
      try {
        await body(sink);
      } finally {
        await sink.dispose?.();
      }
    },
  });
  return [
    check('takes metrics of every kind, also names that come and go, without throwing', async (sink) => {
      requireThat(typeof sink.name === 'string' && sink.name !== '', 'it has no name');
      for (const iteration of [1, 2, 3]) await within('record', () => sink.record(exampleMetrics(iteration)));
    }),
    check('takes a first record that is not iteration 1, as in a resumed run', async (sink) => {
      await within('record', () => sink.record(exampleMetrics(40)));
    }),
    check('does not change the metrics it is given, which other sinks see too', async (sink) => {
      const metrics = exampleMetrics(2);
      await within('record', () => sink.record(metrics));
      if (sink.iterationEnd) await within('iterationEnd', () => sink.iterationEnd!({ ...end(2), metrics }));
      requireThat(
        JSON.stringify(metrics) === JSON.stringify(exampleMetrics(2)),
        'record or iterationEnd changed the metrics',
        metrics,
      );
    }),
    check('takes a batch without responses', async (sink) => {
      const tokenizer = {
        vocabSize: 1,
        endTokens: [0],
        encode: () => new Int32Array(0),
        decode: () => '',
        definition: {},
      };
      for (const set of [{}, { set: 'held/out' }])
        await within('rollouts', () => sink.rollouts?.({ iteration: 0, ...set, records: [], tokenizer }));
    }),
    check('asks for nothing but to stop, with a reason, or for a checkpoint', async (sink) => {
      await within('record', () => sink.record(exampleMetrics(1)));
      const wish = await within('iterationEnd', () => sink.iterationEnd?.(end(1)));
      if (wish === undefined) return;
      requireThat(typeof wish === 'object' && wish !== null, 'iterationEnd returned something that is no object', wish);
      const { stop, checkpoint, ...rest } = wish as { stop?: unknown; checkpoint?: unknown };
      requireThat(
        stop === undefined || (typeof stop === 'string' && stop !== ''),
        'iterationEnd returned a `stop` that is no reason in words',
        stop,
      );
      requireThat(
        checkpoint === undefined || typeof checkpoint === 'boolean',
        'iterationEnd returned a `checkpoint` that is neither true nor false',
        checkpoint,
      );
      requireThat(
        Object.keys(rest).length === 0,
        `iterationEnd returned ${Object.keys(rest).join(', ')}, which mean nothing`,
      );
    }),
    check('has a state that survives being written as JSON, and goes on from it', async (sink) => {
      await within('record', () => sink.record(exampleMetrics(1)));
      if (!sink.state) return;
      const text = JSON.stringify(sink.state());
      requireThat(text !== undefined, 'state() gave nothing that JSON can hold');
      const again = await create();
      requireThat(again.restore !== undefined, 'it has `state` and no `restore`');
      await within('restore', () => again.restore!(JSON.parse(text)));
      requireThat(JSON.stringify(again.state!()) === text, 'after restore() the state is another one', again.state!());
      await again.dispose?.();
    }),
  ];
}
