import { join } from 'node:path';
import type { ResponseLine } from '../../../core/evaluation/results.js';
import { openFile } from '../../platform/regular-file.js';
import { damagedResponses } from './errors.js';

/**
 * The responses to a benchmark in order of question, then sample; none where the file is not there. Throws
 * ORZ_DATA_MALFORMED for a line that is no response.
 */
export async function readResponses(folder: string, benchmark: string): Promise<ResponseLine[]> {
  const file = join(folder, 'responses', `${benchmark}.jsonl`);
  const handle = await openFile(file);
  if (handle === undefined) return [];
  const lines: ResponseLine[] = [];
  try {
    for await (const text of handle.readLines()) if (text !== '') lines.push(responseOf(text, file, lines.length + 1));
  } finally {
    await handle.close();
  }
  return lines;
}

function responseOf(text: string, file: string, line: number): ResponseLine {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damagedResponses(file, line, (cause as Error).message);
  }
  const found = new Map(Object.entries(parsed ?? {}));
  const wrong = (Object.keys(forms) as (keyof typeof forms)[]).find((key) => typeof found.get(key) !== forms[key]);
  if (wrong !== undefined) throw damagedResponses(file, line, `${wrong} is no ${forms[wrong]}`);
  return parsed as ResponseLine;
}

/** What pages and exports rely on. */
const forms = {
  question: 'number',
  sample: 'number',
  prompt: 'string',
  gold: 'string',
  text: 'string',
  verdict: 'string',
  reward: 'number',
} as const;
