import type { IncomingMessage } from 'node:http';
import type * as z from 'zod';
import type { HttpAnswer } from '../dashboard/web-server.js';
import { Refusal } from '../reward-server/refusal.js';

/** A request whose path has been found. */
export interface Call {
  /** What stands in the places of the path that are variable. */
  readonly parameters: readonly string[];
  readonly headers: IncomingMessage['headers'];
  /** The body. Throws a {@link Refusal} for one that is too large, compressed or incomplete. */
  readonly bytes: () => Promise<Uint8Array>;
}

export type Handler = (call: Call) => Promise<HttpAnswer> | HttpAnswer;

/** Handlers by method and path below `/api/v1`, such as `GET /samplers/*`; a star is any one part. */
export type Routes = Readonly<Record<string, Handler>>;

/** The body as `schema` has it. Throws a {@link Refusal} naming the first field that is wrong. */
export async function readBody<S extends z.ZodType>(call: Call, schema: S): Promise<z.output<S>> {
  return parseBody(await call.bytes(), schema);
}

export function parseBody<S extends z.ZodType>(bytes: Uint8Array, schema: S): z.output<S> {
  const result = schema.safeParse(parseJson(bytes));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') || 'body';
  throw new Refusal(422, `${path}: ${issue?.message ?? 'wrong'}`, path);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Refusal(400, `the body is no JSON: ${(error as Error).message}`, 'body');
  }
}

/** The handler of a path and what stands at its stars, or whether another method has one. */
export function findRoute(routes: Routes, method: string, path: string) {
  const parts = path.split('/');
  const methods: string[] = [];
  for (const [route, handler] of Object.entries(routes)) {
    const [known = '', pattern = ''] = route.split(' ');
    const parameters = match(pattern.split('/'), parts);
    if (parameters !== undefined && known === method) return { handler, parameters };
    if (parameters !== undefined) methods.push(known);
  }
  return { methods };
}

function match(pattern: readonly string[], parts: readonly string[]): string[] | undefined {
  if (pattern.length !== parts.length) return undefined;
  if (pattern.some((part, i) => part !== '*' && part !== parts[i])) return undefined;
  return parts.filter((_, i) => pattern[i] === '*');
}
