import type { z } from 'zod';
import type { RolloutBatch, RolloutRecord } from '../../core/contracts/metric-sink.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { createTokenTexts } from '../../core/tokenizer/token-texts.js';
import { chooseRecords } from '../../core/rollouts/choose-records.js';
import { rolloutFile } from '../../core/rollouts/rollout-files.js';
import { toLine } from '../../core/rollouts/rollout-line.js';
import { rolloutSettings, type RolloutSettings } from './settings.js';

/** Keeps responses with everything known about each token, so that one can see what the policy wrote and what it was taught. */
export default definePlugin({
  name: 'metrics-rollouts',
  provides: [
    provide('metrics', 'rollouts', {
      description:
        'Some responses of each iteration and evaluation, token by token, in compressed files of the run folder',
      settings: rolloutSettings,
      create: (settings: z.infer<typeof rolloutSettings>, { platform }) => {
        let textsOf: ReturnType<typeof createTokenTexts> | undefined;
        return {
          name: 'rollouts',
          record: () => undefined,
          rollouts: async (batch) => {
            const records = chosenRecords(batch, settings);
            if (records.length === 0) return;
            textsOf ??= createTokenTexts(batch.tokenizer);
            const content = encode(batch, records, textsOf);
            await platform.storage.write(rolloutFile(batch.iteration, batch.set), await gzip(content), {
              lasting: false,
            }); // A checkpoint flushes what it counts on.
          },
        };
      },
    }),
  ],
});

function chosenRecords(
  { iteration, set, records }: RolloutBatch,
  { every, responses, evaluationResponses, maxTokens }: RolloutSettings,
): readonly RolloutRecord[] {
  if (set !== undefined) return chooseRecords(records, { responses: evaluationResponses, maxTokens });
  return iteration === 1 || iteration % every === 0 ? chooseRecords(records, { responses, maxTokens }) : [];
}

/** A line that says what the file holds, then one line per response. */
function encode(
  { iteration, set, records, tokenizer }: RolloutBatch,
  chosen: readonly RolloutRecord[],
  textsOf: (tokens: ArrayLike<number>) => string[],
): string {
  const header = {
    format: 'orz-rollouts',
    version: 1,
    iteration,
    ...(set !== undefined && { set }),
    responses: records.length,
    stored: chosen.length,
  };
  return `${[header, ...chosen.map((record) => toLine(record, tokenizer, textsOf))].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** Web streams: the same in Node and in a browser. */
async function gzip(text: string): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
  );
}
