import type { StopReason } from '../../core/contracts/data.js';
import { WrittenNumber } from '../../core/data/files/written-number.js';
import { badField } from './errors.js';

/** One answer to grade, read from a line of a file or from an item of a request. */
export interface GradeRecord {
  readonly id: string | number | undefined;
  readonly gold: string;
  /** Empty unless the record states it; only rewards that look at the problem need it. */
  readonly prompt: string;
  /** `chat`: an ordinary answer, looked for anywhere. `response`: what the template asks for, as in training. */
  readonly form: 'chat' | 'response';
  readonly text: string;
  readonly stopReason: StopReason;
  /** Settings for this record alone. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads `{gold, prediction}` or `{gold, response}`, each with optional `id`, `prompt`, `finish_reason` and `config`;
 * `null` means absent and other fields are ignored. Throws ORZ_DATA_MALFORMED naming the field, below `path` if given.
 */
export function readRecord(value: unknown, path = ''): GradeRecord {
  if (!isObject(value)) throw badField(path || 'record', value, 'a JSON object');
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const prediction = optionalText(value, 'prediction', at);
  const response = optionalText(value, 'response', at);
  const text = prediction ?? response;
  if (text === undefined || (prediction !== undefined && response !== undefined))
    throw badField(at(text === undefined ? 'prediction' : 'response'), undefined, 'one of prediction and response');
  return {
    id: readId(value, at),
    gold: readGold(value['gold'], at('gold')),
    prompt: optionalText(value, 'prompt', at) ?? '',
    form: prediction === undefined ? 'response' : 'chat',
    text,
    stopReason: readStopReason(value['finish_reason'], at('finish_reason')),
    config: readConfig(value['config'], at('config')),
  };
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readId(fields: Fields, at: (name: string) => string): string | number | undefined {
  const id = fields['id'] ?? undefined;
  if (id === undefined || typeof id === 'string' || typeof id === 'number') return id;
  if (id instanceof WrittenNumber && !id.isWord) return id.text;
  throw badField(at('id'), id, 'a text or a number');
}

/** A gold answer: a text, or a number with the digits that its file has. */
export function readGold(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof WrittenNumber && !value.isWord) return value.text;
  if (typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value))) return String(value);
  throw badField(path, value, typeof value === 'number' ? 'a text, for so large a number' : 'a text');
}

function optionalText(fields: Fields, name: string, at: (name: string) => string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw badField(at(name), value, 'a text');
}

/** What samplers call the end of a response. */
const stopReasons: Readonly<Record<string, StopReason>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  stop_str: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_length: 'length',
  max_new_tokens: 'length',
};

function readStopReason(value: unknown, path: string): StopReason {
  if (value === undefined || value === null) return 'stop';
  const reason = typeof value === 'string' && Object.hasOwn(stopReasons, value) ? stopReasons[value] : undefined;
  if (reason !== undefined) return reason;
  throw badField(path, value, `one of ${Object.keys(stopReasons).join(', ')}`);
}

function readConfig(value: unknown, path: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return doublesIn(value) as Fields;
  throw badField(path, value, 'a JSON object of settings');
}

/** Settings are doubles, however they are written. */
function doublesIn(value: unknown): unknown {
  if (value instanceof WrittenNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(doublesIn);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, doublesIn(inner)]))
    : value;
}
