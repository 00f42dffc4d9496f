import type { IterationEnd, Metrics, MetricSink } from '../contracts/metric-sink.js';
import { plainJson } from '../boundary/plain-json.js';
import { messageOf } from '../boundary/safe-text.js';
import { optional } from '../boundary/shapes.js';
import { requireThat, type ConformanceCheck } from './check.js';
import { notConforming } from './errors.js';

/**
 * Metrics of an iteration with every kind of value there is: numbers tiny, huge and negative, texts, objects, nulls,
 * odd names.
 */
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

/**
 * Properties of a {@link MetricSink}. `create` makes a fresh one for each check, over storage of its own. What a sink
 * writes is up to the sink; the suite requires only that it cannot spoil a run.
 */
export function metricSinkConformance(create: () => MetricSink | Promise<MetricSink>): ConformanceCheck[] {
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
      for (const iteration of [1, 2, 3]) await record(sink, iteration);
    }),
    check('takes a first record that is not iteration 1, as in a resumed run', (sink) => record(sink, 40)),
    check('does not change the metrics it is given, which other sinks see too', checkMetricsUntouched),
    check('takes a batch without responses', checkEmptyBatch),
    check('asks for nothing but to stop, with a reason, or for a checkpoint', checkDirective),
    check('has a state that survives being written as JSON, and continues from it', async (sink) => {
      await record(sink, 1);
      if (sink.state) await checkRestore(stateOf(sink), await create());
    }),
  ];
}

/** The state as a run takes it: what JSON would lose, or cannot write, is refused. */
function stateOf(sink: MetricSink): unknown {
  try {
    return optional(plainJson)(sink.state?.(), 'the state');
  } catch (error) {
    throw notConforming(`state: ${messageOf(error)}`);
  }
}

/** A sink is waited for after every iteration. */
const timeoutMs = 60_000;

/** What `work` gives; fails the check if that throws or takes longer than a sink may. */
async function completed(what: string, work: () => unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(notConforming(`${what} was not done after ${timeoutMs} ms; the run would wait for it`)),
      timeoutMs,
    );
  });
  const done = (async () => work())().catch((error: unknown) => {
    throw notConforming(`${what} threw: ${String(error)}`);
  });
  try {
    return await Promise.race([done, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

const record = async (sink: MetricSink, iteration: number): Promise<void> => {
  await completed('record', () => sink.record(exampleMetrics(iteration)));
};

const endOf = (iteration: number, metrics = exampleMetrics(iteration)): IterationEnd => ({
  iteration,
  iterations: 4,
  metrics,
});

async function checkMetricsUntouched(sink: MetricSink): Promise<void> {
  const metrics = exampleMetrics(2);
  await completed('record', () => sink.record(metrics));
  await completed('iterationEnd', () => sink.iterationEnd?.(endOf(2, metrics)));
  const untouched = JSON.stringify(metrics) === JSON.stringify(exampleMetrics(2));
  requireThat(untouched, 'record or iterationEnd changed the metrics', metrics);
}

async function checkEmptyBatch(sink: MetricSink): Promise<void> {
  const tokenizer = {
    vocabSize: 1,
    endTokens: [0],
    encode: () => new Int32Array(0),
    decode: () => '',
    definition: {},
  };
  for (const set of [{}, { set: 'held/out' }])
    await completed('rollouts', () => sink.rollouts?.({ iteration: 0, ...set, records: [], tokenizer }));
}

async function checkDirective(sink: MetricSink): Promise<void> {
  await record(sink, 1);
  const directive = await completed('iterationEnd', () => sink.iterationEnd?.(endOf(1)));
  if (directive === undefined) return;
  const isObject = typeof directive === 'object' && directive !== null;
  requireThat(isObject, 'iterationEnd returned something that is not an object', directive);
  const { stop, checkpoint, ...rest } = directive as { stop?: unknown; checkpoint?: unknown };
  requireThat(
    stop === undefined || (typeof stop === 'string' && stop !== ''),
    'iterationEnd returned a `stop` that is not a reason in words',
    stop,
  );
  requireThat(
    checkpoint === undefined || typeof checkpoint === 'boolean',
    'iterationEnd returned a `checkpoint` that is neither true nor false',
    checkpoint,
  );
  const unknown = Object.keys(rest);
  requireThat(unknown.length === 0, `iterationEnd returned ${unknown.join(', ')}, which mean nothing`);
}

/** Restores `state` in another instance of the sink and requires the same state of it. */
async function checkRestore(state: unknown, sink: MetricSink): Promise<void> {
  try {
    const text = JSON.stringify(state) as string | undefined;
    requireThat(text !== undefined, 'state() gave nothing that JSON can hold');
    requireThat(sink.restore !== undefined, 'it has `state` and no `restore`');
    await completed('restore', () => sink.restore?.(JSON.parse(text)));
    const restored = sink.state?.();
    requireThat(JSON.stringify(restored) === text, 'after restore() the state is another one', restored);
  } finally {
    await sink.dispose?.();
  }
}
