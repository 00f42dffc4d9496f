import colors from 'picocolors';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import { printable } from './format.js';
import type { RunState } from './run-state.js';
import { wrapWords } from './width.js';

export type Panel = 'none' | 'samples' | 'help';

/** The room that a panel has. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What the open panel shows, in at most as many lines as there is room for. */
export function panelLines(panel: Panel, state: RunState, room: Room): readonly string[] {
  if (panel === 'help') return help(room);
  if (panel === 'none') return [];
  return cutTo(room.rows, samples(state, room.columns));
}

/** The lines for which there is room; three dots stand for the others. */
export const cutTo = (rows: number, lines: readonly string[]): readonly string[] =>
  lines.length <= rows ? lines : [...lines.slice(0, Math.max(0, rows - 1)), colors.dim(' …')].slice(0, rows);

const keys: readonly (readonly [key: string, meaning: string])[] = [
  ['s', 'latest responses: shows or hides them'],
  ['?', 'this help: shows or hides it'],
  ['q', 'finishes the step, saves everything, and stops; so does Ctrl-C. The run can be resumed'],
  ['Ctrl-C', 'a second time: stops at once; the last checkpoint is kept'],
  ['', 'Each curve is scaled to its own range; all numbers are in metrics.jsonl of the run folder.'],
];
const keyWidth = 8;

/** For a terminal in which whole sentences find no room. */
const shortHelp = [' s  responses', ' ?  this help', ' q  save, stop', ' Ctrl-C twice: now'];

/** The keys in sentences, or in words where those would be cut. */
function help({ columns, rows }: Room): string[] {
  const lines = keys.flatMap(([key, meaning]) =>
    wrapWords(meaning, Math.max(1, columns - keyWidth - 2)).map(
      (line, i) => ` ${(i === 0 ? key : '').padEnd(keyWidth)} ${line}`,
    ),
  );
  const isReadable = columns >= 36 && lines.length <= rows;
  return (isReadable ? lines : shortHelp).map((line) => colors.dim(line));
}

const shownLines = 4;

function samples({ samples: latest }: RunState, columns: number): string[] {
  if (!latest) return [colors.dim(' No responses yet.')];
  return [
    colors.dim(` Responses of iteration ${latest.iteration}`),
    ...latest.answers.flatMap((sample) => [sampleHead(sample), ...sampleResponse(sample, columns)]),
  ];
}

function sampleHead({ problem, answer, verdict }: SampleAnswer): string {
  const outcome = verdict === 'correct' ? colors.green(verdict) : colors.red(verdict);
  return ` ${colors.bold(oneLine(problem))} ${colors.dim(`(answer ${oneLine(answer)})`)}: ${outcome}`;
}

const sampleResponse = ({ response }: SampleAnswer, columns: number): string[] =>
  wrapped(printable(response.trim()), Math.max(8, columns - 4), shownLines).map((line) => `   ${line}`);

const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();

/** The last `limit` lines of a text at this width: a response ends with its answer. */
function wrapped(text: string, width: number, limit: number): string[] {
  const lines = text.split('\n').flatMap((line) => {
    const characters = Array.from(line.replace(/\t/g, ' '));
    return Array.from({ length: Math.max(1, Math.ceil(characters.length / width)) }, (_, i) =>
      characters.slice(i * width, (i + 1) * width).join(''),
    );
  });
  return lines.length <= limit ? lines : ['…', ...lines.slice(1 - limit)];
}
