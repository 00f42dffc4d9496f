import { badField } from '../grade/errors.js';
import { isObject, readGold, readRecord, type GradeRecord } from '../grade/record.js';
import { responseOfQuery } from './response-of-query.js';

/** The records of `POST /grade`: `{items: [record, …]}`. Throws ORZ_DATA_MALFORMED naming the field. */
export function readBatch(body: unknown): GradeRecord[] {
  return readList(body, 'items').map((item, i) => {
    const record = readRecord(item, `items[${i}]`);
    // Settings are given when the server starts: each set of them has threads of its own.
    if (record.config !== undefined)
      throw badField(`items[${i}].config`, undefined, 'left out: the server has its own');
    return record;
  });
}

/**
 * The records of OpenRLHF's `POST /get_reward`: `query` holds the decoded text of prompt and response, `prompts` and
 * `labels` belong to it one by one. Throws ORZ_DATA_MALFORMED naming the field.
 */
export function readOpenRlhf(body: unknown): GradeRecord[] {
  const queries = readList(body, 'query');
  const labels = readList(body, 'labels');
  const prompts =
    isObject(body) && (body['prompts'] ?? undefined) !== undefined ? readList(body, 'prompts') : undefined;
  for (const [name, list] of [
    ['labels', labels],
    ['prompts', prompts],
  ] as const)
    if (list !== undefined && list.length !== queries.length)
      throw badField(name, list.length, `a list of ${queries.length} entries, one per query`);
  return queries.map((query, i) => {
    const prompt = readText(prompts?.[i] ?? '', `prompts[${i}]`);
    const text = responseOfQuery(readText(query, `query[${i}]`), prompt);
    if (text === undefined) throw badField(`prompts[${i}]`, undefined, `contained in query[${i}]`);
    const gold = readGold(labels[i], `labels[${i}]`);
    return { id: i, gold, prompt, form: 'chat', text, stopReason: 'stop', config: undefined };
  });
}

function readList(body: unknown, name: string): readonly unknown[] {
  if (!isObject(body)) throw badField('body', undefined, 'a JSON object');
  const list = body[name];
  if (Array.isArray(list)) return list;
  throw badField(name, undefined, 'a list');
}

function readText(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw badField(path, value, 'a text');
}
