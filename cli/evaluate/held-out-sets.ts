import { createRunContainer } from '../../core/container/run-container.js';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import type { ProblemList } from '../../core/contracts/problems.js';
import { createRandom } from '../../core/random.js';
import { protocolOf } from '../../core/train/evaluation/set-protocol.js';
import { type BenchmarkFlags, withFlags } from './benchmark-flags.js';
import { noHeldOutSets } from './errors.js';
import type { EvaluationContext } from './grading.js';

/**
 * The held-out sets of a run as benchmarks, measured and graded as the run does before and after training; flags change
 * that. Throws ORZ_USAGE for a run without any, and what opening its data throws.
 */
export async function heldOutSets(
  run: string,
  flags: BenchmarkFlags,
  context: EvaluationContext,
): Promise<Benchmark[]> {
  const { resolved, platform, events } = context;
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, only: ['data'] });
  try {
    const { evaluation } = await container.get('data').open();
    const sets = Object.entries(evaluation);
    if (sets.length === 0) throw noHeldOutSets(run);
    return sets.map(([name, problems]) => heldOutSet(name, problems, { run, flags, context }));
  } finally {
    await container.dispose();
  }
}

interface Surroundings {
  readonly run: string;
  readonly flags: BenchmarkFlags;
  readonly context: EvaluationContext;
}

function heldOutSet(name: string, problems: ProblemList, { run, flags, context }: Surroundings): Benchmark {
  const { config } = context.resolved;
  const { problems: most = config.evaluation.problems, ...numbers } = protocolOf(config, name);
  const benchmark: Benchmark = {
    name,
    title: name,
    source: `held-out set of the run ${run}`,
    licence: 'as its source',
    questions: problems.length,
    form: 'open',
    protocol: { ...numbers, origin: 'configuration of the run' },
    grading: config.reward,
    open: () => Promise.resolve(problems),
  };
  return withFlags(benchmark, { limit: most, ...flags });
}
