import * as z from 'zod';
import type { RunEvents } from '../../contracts/run-events.js';
import type { Storage } from '../../contracts/storage.js';
import type { RunSummary } from '../loop/training-run.js';

const file = 'summary.json';

export async function writeSummary(storage: Storage, summary: RunSummary): Promise<void> {
  await storage.write(file, `${JSON.stringify(summary, null, 2)}\n`);
}

const reports = z.record(z.string(), z.looseObject({ reward: z.number() }));
const samples = z.array(
  z.looseObject({ problem: z.string(), answer: z.string(), response: z.string(), verdict: z.string() }),
);
/** What is shown of it. */
const shown = z.looseObject({
  iterations: z.number(),
  before: reports,
  after: reports,
  samplesBefore: samples,
  samplesAfter: samples,
  seconds: z.number(),
});
const schema = z.custom<RunSummary>((value) => shown.safeParse(value).success);

/** Undefined if the run was stopped just before it was written, or if it is damaged: it is then written again. */
export async function readSummary(storage: Storage, events: RunEvents): Promise<RunSummary | undefined> {
  const bytes = await storage.read(file);
  if (bytes === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    events.log('warn', `${file} is damaged: it is written again from the final checkpoint`);
    return undefined;
  }
}
