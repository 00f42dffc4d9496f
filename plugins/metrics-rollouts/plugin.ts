import type { MetricSink, RolloutBatch, RolloutRecord } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { chooseRecords } from '../../core/rollouts/choose-records.js';
import { rolloutFile } from '../../core/rollouts/rollout-files.js';
import { toLine } from '../../core/rollouts/rollout-line.js';
import { createTokenTexts } from '../../core/tokenizer/token-texts.js';
import { rolloutDiskBytes } from './disk.js';
import { rolloutSettings, type RolloutSettings } from './settings.js';

/**
 * Keeps responses with everything known about each token, so that one can see what the policy wrote and what it was
 * taught.
 */
export default definePlugin({
  name: 'metrics-rollouts',
  provides: [
    provide('metrics', 'rollouts', {
      description:
        'Some responses of each iteration and evaluation, token by token, in compressed files of the run folder',
      settings: rolloutSettings,
      create: (settings, { platform }) => createRolloutSink(settings, platform.storage),
      diskBytes: rolloutDiskBytes,
    }),
  ],
});

type TokenTexts = ReturnType<typeof createTokenTexts>;

function createRolloutSink(settings: RolloutSettings, storage: Storage): MetricSink {
  let textsOf: TokenTexts | undefined;
  return {
    name: 'rollouts',
    record: () => undefined,
    rollouts: async (batch) => {
      const chosen = chosenRecords(batch, settings);
      if (chosen.length === 0) return;
      textsOf ??= createTokenTexts(batch.tokenizer);
      const content = await gzip(encode(batch, chosen, textsOf));
      // Not lasting: a checkpoint flushes what it counts on.
      await storage.write(rolloutFile(batch.iteration, batch.set), content, { lasting: false });
    },
  };
}

function chosenRecords(
  { iteration, set, records }: RolloutBatch,
  { every, responses, evaluationResponses, maxTokens }: RolloutSettings,
): readonly RolloutRecord[] {
  if (set !== undefined) return chooseRecords(records, { responses: evaluationResponses, maxTokens });
  return iteration === 1 || iteration % every === 0 ? chooseRecords(records, { responses, maxTokens }) : [];
}

/** A line that describes the file, then one line per response. */
function encode(
  { iteration, set, records, tokenizer }: RolloutBatch,
  chosen: readonly RolloutRecord[],
  textsOf: TokenTexts,
): string {
  const header = {
    format: 'orz-rollouts',
    version: 1,
    iteration,
    ...(set !== undefined && { set }),
    responses: records.length,
    stored: chosen.length,
  };
  const lines = [header, ...chosen.map((record) => toLine(record, tokenizer, textsOf))];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** By web streams, which Node and browsers both have. */
async function gzip(text: string): Promise<Uint8Array> {
  const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
