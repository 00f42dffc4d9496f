import type { Benchmark } from '../../core/contracts/benchmark.js';
import { problemList } from '../../core/data/problem-list.js';
import { chosenProtocol, type ChosenNumbers } from '../../core/evaluation/chosen-protocol.js';

/** What flags say of every benchmark: `--samples`, `--temperature`, `--top-p`, `--max-tokens`, `--limit`. */
export interface BenchmarkFlags extends ChosenNumbers {
  /** Only the first so many questions. */
  readonly limit?: number | undefined;
}

/**
 * The benchmark as the flags want it measured. A benchmark need not know of any of them, so that flags reach those of
 * the user's plugins and the held-out sets of a run too.
 */
export function withFlags(benchmark: Benchmark, { limit = Infinity, ...numbers }: BenchmarkFlags): Benchmark {
  const { name, title, source, licence, questions, form, protocol, grading } = benchmark;
  return {
    ...{ name, title, source, licence, questions, form, grading },
    protocol: chosenProtocol(protocol, numbers),
    open: async () => {
      const list = await benchmark.open();
      return limit >= list.length ? list : problemList(Array.from({ length: limit }, (_, i) => list.at(i)));
    },
  };
}
