import type { IncomingMessage } from 'node:http';
import { parseJson } from '../../core/data/files/exact-json.js';
import { noJson } from '../grade/errors.js';
import { busy, Refusal } from './refusal.js';

/** Counts what the server holds at once, over all requests. */
export class Capacity {
  private requests = 0;
  private bytes = 0;

  constructor(private readonly limits: { readonly maxRequests: number; readonly maxBodyBytes: number }) {}

  get openRequests(): number {
    return this.requests;
  }

  /** Runs `work` as one of the open requests; throws a {@link Refusal} if there are too many. */
  async hold<T>(work: (body: BodyBytes) => Promise<T>): Promise<T> {
    if (this.requests >= this.limits.maxRequests) throw busy(`${this.requests} requests are open already`);
    this.requests++;
    let held = 0;
    try {
      return await work((bytes) => {
        held += bytes;
        this.bytes += bytes;
        if (held > this.limits.maxBodyBytes)
          throw new Refusal(413, `the body is larger than ${this.limits.maxBodyBytes} bytes`);
        if (this.bytes > maxBodies * this.limits.maxBodyBytes)
          throw busy('the bodies of open requests fill the memory');
      });
    } finally {
      this.requests--;
      this.bytes -= held;
    }
  }
}

/** Largest bodies that fit together. */
const maxBodies = 4;

/** Accounts for bytes of a body that have come; throws if they are too many. */
export type BodyBytes = (bytes: number) => void;

/** The body of a request. Throws a {@link Refusal} for one that is too large, compressed or incomplete. */
export async function readBytes(request: IncomingMessage, count: BodyBytes): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Refusal(415, `the body must not be compressed (content-encoding: ${encoding})`);
  const chunks: Buffer[] = [];
  try {
    // The stream must outlive a body that is too large, or the client would not get to know why.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      count(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, 'the body ended before it was complete');
  }
  return Buffer.concat(chunks);
}

/** The JSON in the body of a request. Throws a {@link Refusal} as {@link readBytes} does, and for what is no JSON. */
export async function readJson(request: IncomingMessage, count: BodyBytes): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(request, count));
  try {
    return parseJson(text, { line: 1, column: 1 }, noJson).value;
  } catch (error) {
    throw new Refusal(400, `the body: ${(error as Error).message}`, 'body');
  }
}
