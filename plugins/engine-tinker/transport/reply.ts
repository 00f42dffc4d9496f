import { protobufType } from '../../../core/tinker/protobuf.js';
import { refusalReply } from '../../../core/tinker/replies.js';
import { unreadable, type Asked } from './errors.js';

/** An answer of the server, of whatever status. */
export interface Reply {
  readonly status: number;
  readonly isProtobuf: boolean;
  readonly bytes: Uint8Array;
  /** Attempts it took: with more than one, an earlier one may have reached the server. */
  readonly attempts: number;
}

export const isProtobuf = (type: string | null): boolean => type?.split(';')[0]?.trim() === protobufType;

/** Throws ORZ_SERVER for bytes that are no JSON. */
export function jsonOf(asked: Asked, { bytes, isProtobuf: isBinary }: Pick<Reply, 'bytes' | 'isProtobuf'>): unknown {
  if (isBinary) throw unreadable(asked, 'it is protobuf where the API has JSON');
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(asked, text, error);
  }
}

/** What a refusal says: its `detail`, or its body if it has none. */
export function detailOf({ bytes }: Pick<Reply, 'bytes'>): string {
  const text = new TextDecoder().decode(bytes);
  return detailIn(text) ?? text;
}

/** The `detail` of a refusal of the API; undefined for an answer of something else, such as a proxy. */
export function detailIn(text: string): string | undefined {
  try {
    const { detail } = refusalReply.parse(JSON.parse(text));
    return typeof detail === 'string' || detail === undefined ? detail : JSON.stringify(detail);
  } catch {
    return undefined;
  }
}
