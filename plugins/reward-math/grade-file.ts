import type { RewardResult, Verdict } from '../../core/contracts/data.js';
import { isOrzError, OrzError } from '../../core/errors.js';
import { answerAnywhere } from './answers.js';
import { parseSettings, settingsFromConfig } from './read-config.js';
import { gradeAnswer, gradeResponse } from './reward.js';
import type { MathRewardSettings } from './settings.js';

/** One line of output: a graded pair, or what is wrong with the input line. */
export type GradedLine =
  | {
      readonly kind: 'graded';
      readonly line: number;
      readonly id: string | number;
      readonly verdict: Verdict;
      readonly value: number;
      readonly answer: string | null;
      readonly rule: string;
    }
  | { readonly kind: 'malformed'; readonly line: number; readonly error: string };

/**
 * Grades JSON lines in order. A line holds `{id, gold, prediction}`, both in free text from which the answers are
 * extracted, with an optional `config`; or `{id, gold, response, finish_reason}`, a bare gold answer and a whole response
 * under the ORZ template. A malformed line is reported and does not stop the rest. Empty lines are skipped.
 */
export async function* gradeLines(
  lines: AsyncIterable<string> | Iterable<string>,
  settings: unknown = {},
): AsyncGenerator<GradedLine> {
  const checked = parseSettings(settings);
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() !== '') yield gradeLine(text, line, checked);
  }
}

/** The JSON of a graded line as the command writes it. */
export function formatLine(graded: GradedLine): string {
  if (graded.kind === 'malformed') return JSON.stringify({ line: graded.line, error: graded.error });
  const { id, verdict, value, answer, rule } = graded;
  return JSON.stringify({ id, verdict, value, answer, rule });
}

function gradeLine(text: string, line: number, settings: MathRewardSettings): GradedLine {
  try {
    const record = readRecord(text);
    const { value, verdict, answer, detail } = gradeRecord(record, settings);
    return {
      kind: 'graded',
      line,
      id: record.id,
      verdict,
      value,
      answer: answer ?? null,
      rule: typeof detail?.['rule'] === 'string' ? detail['rule'] : verdict,
    };
  } catch (error) {
    if (isOrzError(error) || error instanceof SyntaxError) return { kind: 'malformed', line, error: error.message };
    throw error;
  }
}

interface GradeRecord {
  readonly id: string | number;
  readonly gold: string;
  readonly prediction?: string;
  readonly response?: string;
  readonly finish_reason?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

function readRecord(text: string): GradeRecord {
  const record: unknown = JSON.parse(text);
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    throw malformed('a line must be a JSON object');
  const fields = record as Record<string, unknown>;
  if (typeof fields['id'] !== 'string' && typeof fields['id'] !== 'number')
    throw malformed('"id" must be a text or a number');
  if (typeof fields['gold'] !== 'string') throw malformed('"gold" must be a text');
  const [prediction, response] = [fields['prediction'], fields['response']];
  if ((prediction === undefined) === (response === undefined))
    throw malformed('exactly one of "prediction" and "response" is needed');
  if (typeof (prediction ?? response) !== 'string') throw malformed('"prediction" or "response" must be a text');
  if (response !== undefined && fields['finish_reason'] !== 'stop' && fields['finish_reason'] !== 'length') {
    throw malformed('"finish_reason" must be "stop" or "length" with a "response"');
  }
  if (fields['config'] !== undefined && (typeof fields['config'] !== 'object' || fields['config'] === null))
    throw malformed('"config" must be an object');
  return fields as unknown as GradeRecord;
}

function malformed(message: string): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', message);
}

function gradeRecord(record: GradeRecord, settings: MathRewardSettings): RewardResult {
  const own = record.config === undefined ? settings : settingsFromConfig(record.config, settings);
  if (record.response !== undefined)
    return gradeResponse(record.gold, record.response, record.finish_reason === 'length' ? 'length' : 'stop', own);
  // Gold is read leniently whatever the config asks of the prediction.
  const forGold = { ...own, repairPrediction: true, boxedPriority: Math.max(0, own.boxedPriority) };
  const answer = answerAnywhere(record.prediction!, own);
  if (answer === undefined) return { value: 0, verdict: 'no-answer' };
  return gradeAnswer(answerAnywhere(record.gold, forGold) ?? record.gold, answer, own);
}
