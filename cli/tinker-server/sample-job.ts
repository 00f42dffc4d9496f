import { randomInt } from 'node:crypto';
import type * as z from 'zod';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import type { sampleRequest } from '../../core/tinker/requests.js';
import { Refusal } from '../reward-server/refusal.js';
import type { ModelSizes } from './datum.js';
import type { SampleJob } from './sampler.js';

type SampleBody = z.output<typeof sampleRequest>;

const maxSamples = 4096;
const maxStops = 64;
const maxStopLength = 1000;

/** What a request asks for. Throws a {@link Refusal} for what the model cannot do. */
export function sampleJobOf(body: SampleBody, sizes: ModelSizes, tokenizer: Tokenizer): SampleJob {
  const prompt = Int32Array.from(body.prompt.chunks.flatMap(({ tokens }) => tokens));
  const outside = prompt.find((id) => id < 0 || id >= sizes.vocabSize);
  if (outside !== undefined)
    throw new Refusal(400, `token ${outside} is not in the vocabulary of ${sizes.vocabSize}`, 'prompt');
  if (prompt.length === 0) throw new Refusal(400, 'the prompt is empty', 'prompt');
  if (body.num_samples > maxSamples) throw new Refusal(400, `num_samples can be ${maxSamples} at most`, 'num_samples');
  const { seed, temperature, top_p: topP, top_k: topK } = body.sampling_params;
  const key = body.key ?? [];
  if (key.some((n) => n >= 2 ** 32)) throw new Refusal(400, 'key has integers below 2^32', 'key');
  if (key.length > 0 && (seed === null || seed === undefined))
    throw new Refusal(400, 'key needs a seed in sampling_params', 'key');
  return {
    prompt,
    count: body.num_samples,
    settings: {
      temperature,
      topP,
      topK: Math.max(0, topK),
      maxResponseTokens: maxTokensOf(body.sampling_params, prompt.length, sizes),
      ...stopsOf(body.sampling_params, tokenizer),
    },
    seed: seed ?? randomInt(2 ** 32),
    key,
    wantsPromptLogprobs: body.prompt_logprobs === true,
  };
}

/** Where nothing is said, as many as the model has positions for. */
function maxTokensOf(
  { max_tokens: stated }: SampleBody['sampling_params'],
  prompt: number,
  { maxPositions }: ModelSizes,
): number {
  const room = maxPositions - prompt;
  const maxTokens = stated ?? room;
  if (maxTokens >= 1 && maxTokens <= room) return maxTokens;
  throw new Refusal(
    400,
    `max_tokens ${maxTokens} after a prompt of ${prompt}: the model has ${maxPositions} positions`,
    'max_tokens',
  );
}

/** Tokens that end a text also end a response, unless `stop` is an empty list or `stop_token_ids` says which do. */
function stopsOf({ stop, stop_token_ids: ids }: SampleBody['sampling_params'], tokenizer: Tokenizer) {
  const stated: readonly (string | number)[] = typeof stop === 'string' ? [stop] : (stop ?? []);
  const texts = stated.filter((each) => typeof each === 'string');
  const tokens = stated.filter((each) => typeof each === 'number');
  if (stated.length > maxStops || texts.some((text) => text === '' || text.length > maxStopLength))
    throw new Refusal(400, `stop has at most ${maxStops} texts of 1 to ${maxStopLength} characters`, 'stop');
  const ends = ids ?? (Array.isArray(stop) && stop.length === 0 ? [] : tokenizer.endTokens);
  return { stop: texts, stopTokens: [...tokens, ...ends] };
}
