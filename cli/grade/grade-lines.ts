import type { Verdict } from '../../core/contracts/data.js';
import { parseJson } from '../../core/data/files/exact-json.js';
import { isOrzError, type OrzError } from '../../core/errors.js';
import { noJson } from './errors.js';
import type { Grader } from './grader.js';
import type { InputLine } from './lines.js';
import { readRecord } from './record.js';
import { ruleOf } from './rule.js';

/** What became of one line: a graded record, or what is wrong with it. */
export type GradedLine =
  | {
      readonly kind: 'graded';
      readonly line: number;
      /** That of the record; its line number if it has none. */
      readonly id: string | number;
      readonly verdict: Verdict;
      readonly value: number;
      readonly answer: string | null;
      /** The rule that decided; the verdict where the reward names none. */
      readonly rule: string;
      readonly verifier: string;
    }
  | { readonly kind: 'malformed'; readonly line: number; readonly error: string };

/** Lines that are read before the oldest of them is graded: enough to keep all threads busy. */
const maxAhead = 256;
/** Characters of those lines together. */
const maxAheadLength = 1 << 24;

/**
 * Grades lines in parallel and yields the results in order, each as soon as it and those before it are there. A
 * malformed line is reported and does not stop the rest; a reward that fails throws. Once `signal` is aborted, only
 * results that are there already follow.
 */
export async function* gradeLines(
  lines: AsyncIterable<InputLine>,
  grader: Grader,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<GradedLine> {
  const input = lines[Symbol.asyncIterator]();
  const waiting: Waiting[] = [];
  const first = firstOf(signal);
  let length = 0;
  let reading: Promise<IteratorResult<InputLine>> | undefined = input.next();
  while (reading !== undefined || waiting.length > 0) {
    const [oldest] = waiting;
    const isFull = waiting.length >= maxAhead || length >= maxAheadLength;
    const event = await first(oldest?.done, isFull ? undefined : reading);
    if (event === 'aborted') return;
    if ('kind' in event) {
      length -= waiting.shift()?.length ?? 0;
      yield resultOf(event);
    } else if (event.done === true) reading = undefined;
    else {
      waiting.push({ done: settled(gradeLine(event.value, grader)), length: event.value.text.length });
      length += event.value.text.length;
      reading = input.next();
    }
  }
}

/** The JSON of a result as the command writes it. */
export function formatLine(graded: GradedLine): string {
  if (graded.kind === 'malformed') return JSON.stringify({ line: graded.line, error: graded.error });
  const { id, verdict, value, answer, rule, verifier } = graded;
  return JSON.stringify({ id, verdict, value, answer, rule, verifier });
}

interface Waiting {
  readonly done: Promise<Settled>;
  readonly length: number;
}

/** A promise that never rejects, so that one that waits its turn is no unhandled rejection. */
type Settled =
  { readonly kind: 'value'; readonly value: GradedLine } | { readonly kind: 'error'; readonly error: unknown };

const settled = (work: Promise<GradedLine>): Promise<Settled> =>
  work.then(
    (value) => ({ kind: 'value', value }),
    (error: unknown) => ({ kind: 'error', error }),
  );

function resultOf(result: Settled): GradedLine {
  if (result.kind === 'error') throw result.error;
  return result.value;
}

type Event = Settled | IteratorResult<InputLine> | 'aborted';

/**
 * Waits for whichever comes first: a result, a line, or the abort. `Promise.race` with a promise that lives as long as
 * the whole file would keep a record of every call.
 */
function firstOf(signal: AbortSignal) {
  let wake: (event: Event) => void = () => undefined;
  signal.addEventListener('abort', () => {
    wake('aborted');
  });
  return (done: Promise<Settled> | undefined, reading: Promise<IteratorResult<InputLine>> | undefined) =>
    new Promise<Event>((resolve, reject) => {
      wake = resolve;
      if (signal.aborted) resolve('aborted');
      void done?.then(resolve);
      reading?.then(resolve, reject);
    });
}

async function gradeLine({ number, text, problem }: InputLine, grader: Grader): Promise<GradedLine> {
  try {
    if (problem !== undefined) throw problem;
    const record = readRecord(parseJson(text, { line: number, column: 1 }, noJson).value);
    const result = await grader.grade(record);
    return {
      kind: 'graded',
      line: number,
      id: record.id ?? number,
      verdict: result.verdict,
      value: result.value,
      answer: result.answer ?? null,
      rule: ruleOf(result),
      verifier: grader.verifier,
    };
  } catch (error) {
    if (!isFaultOfLine(error)) throw error;
    return { kind: 'malformed', line: number, error: error.message };
  }
}

/** Whether the line is to blame, and not the reward or its threads. */
const isFaultOfLine = (error: unknown): error is OrzError =>
  isOrzError(error) && /^ORZ_(DATA|CONFIG)_/.test(error.code);
