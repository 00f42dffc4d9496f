import type { SampleRequest } from '../../contracts/sampler.js';
import type { DecoderConfig } from '../nn/config.js';
import { emptyPrompt, promptToken, randomKeyTooLong, requestTooLong } from './errors.js';

/** Throws unless the model can answer every request: a prompt of known ids that leaves room for the response. */
export function checkRequests(requests: readonly SampleRequest[], config: DecoderConfig): void {
  const { maxPositions, vocabSize } = config;
  for (const [i, request] of requests.entries()) {
    const { promptTokens, settings, key } = request;
    if (promptTokens.length === 0) throw emptyPrompt(i);
    if (promptTokens.length + settings.maxResponseTokens > maxPositions) throw requestTooLong(i, request, maxPositions);
    if (key.length > 2) throw randomKeyTooLong(i, key);
    const bad = promptTokens.find((id) => id < 0 || id >= vocabSize);
    if (bad !== undefined) throw promptToken(i, bad, vocabSize);
  }
}
