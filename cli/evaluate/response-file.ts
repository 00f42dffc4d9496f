import { elementAt, joinBytes } from '../../core/arrays.js';
import type { Storage } from '../../core/contracts/storage.js';
import type { OrzError } from '../../core/errors.js';
import type { ResponseLine } from '../../core/evaluation/results.js';
import { damagedResponses } from './report/errors.js';

/** Where the responses to one question are in the file. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** How many responses a benchmark has. */
export interface ResponseShape {
  readonly questions: number;
  /** Responses to each question. */
  readonly samples: number;
}

const newline = 0x0a;
/** Bytes read at once when an unfinished file is opened. */
const chunk = 1 << 20;

/**
 * The responses to one benchmark: while they come, in a file with one line for each question that is done, the JSON of
 * all its responses; at the end in one with a line for each response, in order.
 */
export class ResponseFile {
  private readonly questions = new Map<number, Span>();
  private size = 0;
  /** Whether all responses are there, in their final file. */
  private inOrder = false;
  private waiting: { readonly line: Uint8Array; readonly question: number }[] = [];
  private writing: Promise<void> | undefined;

  private constructor(
    private readonly storage: Storage,
    private readonly benchmark: string,
    private readonly shape: ResponseShape,
  ) {}

  /**
   * Takes over what an earlier attempt has finished; a last line that was not written to the end is dropped. Throws
   * ORZ_DATA_MALFORMED for a file with all responses that was changed since.
   */
  static async open(storage: Storage, benchmark: string, shape: ResponseShape): Promise<ResponseFile> {
    const file = new ResponseFile(storage, benchmark, shape);
    if ((await storage.size(file.finished)) === undefined) await file.readPartial();
    else {
      await file.readFinished();
      await storage.remove(file.partial); // Left there by a crash at the very end.
    }
    return file;
  }

  has(question: number): boolean {
    return this.questions.has(question);
  }

  /** Appends the responses to a question. They survive a crash of the machine once this returns. */
  async keep(lines: readonly ResponseLine[]): Promise<void> {
    const question = elementAt(lines, 0).question;
    this.waiting.push({ line: new TextEncoder().encode(`${JSON.stringify(lines)}\n`), question });
    // Everything that waits for the disk at the same time is written, and flushed, at once.
    while (this.waiting.some((entry) => entry.question === question)) await (this.writing ??= this.write());
  }

  /** The responses to a question, in order of sample. */
  async read(question: number): Promise<readonly ResponseLine[]> {
    const span = this.questions.get(question);
    const bytes = span && (await this.storage.read(this.inOrder ? this.finished : this.partial, span.from, span.to));
    if (bytes === undefined) throw new TypeError(`no responses to question ${question}`);
    const text = new TextDecoder().decode(bytes);
    if (!this.inOrder) return JSON.parse(text) as ResponseLine[];
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ResponseLine);
  }

  /** Writes all responses in order of question, then sample, and removes the unfinished file. */
  async finish(): Promise<void> {
    if (this.inOrder) return;
    await this.storage.write(this.finished, this.linesInOrder());
    await this.storage.remove(this.partial);
    await this.readFinished();
  }

  private get finished(): string {
    return `responses/${this.benchmark}.jsonl`;
  }

  private get partial(): string {
    return `responses/${this.benchmark}.partial.jsonl`;
  }

  private async *linesInOrder(): AsyncIterable<Uint8Array> {
    for (const question of [...this.questions.keys()].sort((a, b) => a - b)) {
      const lines = await this.read(question);
      yield new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
  }

  private async write(): Promise<void> {
    const batch = [...this.waiting];
    try {
      const bytes = joinBytes(batch.map(({ line }) => line));
      await this.storage.append(this.partial, bytes);
      await this.storage.flush(this.partial);
      for (const { line, question } of batch) {
        this.questions.set(question, { from: this.size, to: this.size + line.length });
        this.size += line.length;
      }
    } finally {
      this.waiting = this.waiting.slice(batch.length);
      this.writing = undefined;
    }
  }

  private async readPartial(): Promise<void> {
    let complete = 0;
    for await (const { bytes, from, to } of linesOf(this.storage, this.partial)) {
      const lines = parsed(bytes);
      const [first, ...others] = Array.isArray(lines) ? lines.map(placeOf) : [];
      if (first?.sample !== 0 || others.length !== this.shape.samples - 1) continue;
      this.questions.set(first.question, { from, to });
      complete = to;
    }
    const size = (await this.storage.size(this.partial)) ?? 0;
    if (size > complete) await this.storage.truncate(this.partial, complete);
    this.size = complete;
  }

  private async readFinished(): Promise<void> {
    this.questions.clear();
    this.inOrder = true;
    const { questions, samples } = this.shape;
    let count = 0;
    for await (const { bytes, from, to } of linesOf(this.storage, this.finished)) {
      const [question, sample] = [Math.floor(count / samples), count % samples];
      const place = placeOf(parsed(bytes));
      count++;
      if (place?.question !== question || place.sample !== sample || question >= questions)
        throw this.damaged(count, `it is not sample ${sample} of question ${question}`);
      this.questions.set(question, { from: this.questions.get(question)?.from ?? from, to });
    }
    if (count < questions * samples) throw this.damaged(count + 1, 'it is missing, or was not written to the end');
  }

  private damaged(line: number, problem: string): OrzError {
    return damagedResponses(`${this.storage.location}/${this.finished}`, line, problem);
  }
}

/** Which response a line is; undefined if it is none. */
function placeOf(line: unknown): Pick<ResponseLine, 'question' | 'sample'> | undefined {
  const { question, sample } = (line ?? {}) as Partial<ResponseLine>;
  return typeof question === 'number' && typeof sample === 'number' ? { question, sample } : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

interface Line extends Span {
  readonly bytes: Uint8Array;
}

/** The lines of a file that end with a line break, with where they are. */
async function* linesOf(storage: Storage, path: string): AsyncGenerator<Line> {
  const size = (await storage.size(path)) ?? 0;
  let rest = new Uint8Array(0);
  for (let at = 0; at < size; at += chunk) {
    const read = (await storage.read(path, at, Math.min(size, at + chunk))) ?? new Uint8Array(0);
    const start = at - rest.length;
    const bytes = joinBytes([rest, read]);
    let from = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      yield { bytes: bytes.subarray(from, end), from: start + from, to: start + end + 1 };
      from = end + 1;
    }
    rest = bytes.slice(from);
  }
}
