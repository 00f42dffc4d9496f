import { elementAt, lastOf, zip } from '../../arrays.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from '../engine/harness.js';
import { mixedLengths, requestsFor, sampleInSync } from './requests.js';

const stopStringTitle =
  'stop strings end a response, also across token boundaries: kept in the text, which is cut after them; ' +
  'tokens stay as sampled';

/** Where a response stops, and why. */
export function stoppingChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(test, 'any of several end ids ends a response and is kept as its last token', {}, checkStopTokens),
    withEngine(test, stopStringTitle, {}, checkStopStrings),
    withEngine(test, 'the longest response has exactly the tokens allowed, also when that is one', {}, checkMaximum),
  ];
}

async function checkStopTokens({ engine, vocabSize }: EngineFixture): Promise<void> {
  const unlimited = await sampleInSync(engine, requestsFor(mixedLengths));
  const stopTokens = [2, vocabSize - 1, 11];
  const stopped = await sampleInSync(engine, requestsFor(mixedLengths, { stopTokens }));
  const reasons = new Set<string>();
  for (const [completion, { tokens }, i] of zip(stopped, unlimited)) {
    const end = tokens.findIndex((id) => stopTokens.includes(id));
    const expected = end < 0 ? tokens : tokens.subarray(0, end + 1);
    requireClose(`tokens of completion ${i}`, completion.tokens, expected, 0);
    const { stopReason } = completion;
    requireThat(stopReason === (end < 0 ? 'length' : 'stop'), `completion ${i} ended by "${stopReason}"`);
    reasons.add(stopReason);
  }
  requireThat(reasons.size === 2, 'only one of the two stop reasons occurred');
}

async function checkStopStrings({ engine, base }: EngineFixture): Promise<void> {
  const unlimited = await sampleInSync(engine, requestsFor(mixedLengths));
  let crossing = 0;
  for (const [i, { request, sample, tokens, text }] of unlimited.entries()) {
    const from = i % Math.max(1, text.length - 3);
    const stop = text.slice(from, from + 1 + (i % 4));
    const expected = untilStop(tokens, stop, (ids) => base.tokenizer.decode(ids));
    if (expected.crosses) crossing++;
    const requests = requestsFor(mixedLengths, { stop: [stop, 'never written'] });
    const completions = await sampleInSync(engine, [{ ...elementAt(requests, request), count: sample + 1 }]);
    const stopped = lastOf(completions);
    requireClose(`tokens up to ${JSON.stringify(stop)}`, stopped.tokens, tokens.subarray(0, expected.count), 0);
    requireThat(
      stopped.text === expected.text && stopped.stopReason === 'stop',
      `the text ends ${JSON.stringify(stopped.text.slice(-8))} by "${stopped.stopReason}"`,
      expected.text,
    );
  }
  requireThat(crossing > 0, 'no stop string crossed a token boundary');
}

/** The slow and clear way to find a stop string: decode every prefix from the start. */
function untilStop(
  tokens: Int32Array,
  stop: string,
  decode: (ids: Int32Array) => string,
): { count: number; text: string; crosses: boolean } {
  for (let count = 1; count <= tokens.length; count++) {
    const text = decode(tokens.subarray(0, count));
    const start = text.indexOf(stop);
    if (start < 0) continue;
    const crosses = start < decode(tokens.subarray(0, count - 1)).length;
    return { count, text: text.slice(0, start + stop.length), crosses };
  }
  return { count: tokens.length, text: decode(tokens), crosses: false };
}

async function checkMaximum({ engine }: EngineFixture): Promise<void> {
  for (const maxResponseTokens of [1, 5, 40]) {
    for (const { tokens, stopReason } of await sampleInSync(engine, requestsFor([1, 6], { maxResponseTokens }, 2))) {
      requireThat(
        tokens.length === maxResponseTokens && stopReason === 'length',
        `${tokens.length} tokens of ${maxResponseTokens}, ended by "${stopReason}"`,
      );
    }
  }
}
