import type { MetricSink, RolloutBatch } from '../../../core/contracts/metric-sink.js';
import { createTokenTexts } from '../../../core/tokenizer/token-texts.js';
import { chooseRecords } from '../../../core/rollouts/choose-records.js';
import { toLine, type RolloutLine } from '../../../core/rollouts/rollout-line.js';

/** The maximum that a page shows at a time. */
const limit = { responses: 32, maxTokens: 8192 };

/** Sends some rollouts of each batch, in the form of the rollout files. */
export function createRolloutSink(
  send: (batch: { iteration: number; set?: string; rollouts: readonly RolloutLine[] }) => void,
): MetricSink {
  let textsOf: ReturnType<typeof createTokenTexts> | undefined;
  return {
    name: 'page',
    record: () => undefined,
    rollouts: ({ iteration, set, records, tokenizer }: RolloutBatch) => {
      const texts = (textsOf ??= createTokenTexts(tokenizer));
      send({
        iteration,
        ...(set !== undefined && { set }),
        rollouts: chooseRecords(records, limit).map((record) => toLine(record, tokenizer, texts)),
      });
    },
  };
}
