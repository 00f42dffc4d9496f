import type { StopReason } from '../../../core/contracts/data.js';
import { StopFinder } from '../../../core/tokenizer/stop-finder.js';
import type { ServedResponse, Unreadable } from './replies.js';

/** A response with its stop string, as samplers of this project give it. */
export interface Ended {
  readonly text: string;
  readonly stopReason: StopReason;
  readonly responseTokens: number | null;
}

/** Reasons of servers that gave a response up: what is there of it counts for nothing. */
const givenUp = ['abort', 'error'];

/**
 * Brings the end of a response into the form that templates and graders expect: with its stop string. Most servers take
 * it away; vLLM and SGLang say which it was. Where a server does not, a closing tag is put back if the text has opened
 * it and not closed it: the server says that the response stopped, and nothing else stops it there but an end token. A
 * server that goes on after a stop string is cut off, and the number of tokens is unknown then.
 */
export function endedResponse(response: ServedResponse, stop: readonly string[]): Ended | Unreadable {
  const { text, finishReason, tokens } = response;
  if (givenUp.includes(finishReason)) return { problem: `a response given up (${finishReason})` };
  const match = new StopFinder(stop).search(text);
  if (match !== undefined) {
    const isWhole = match.end === text.length;
    return { text: text.slice(0, match.end), stopReason: 'stop', responseTokens: isWhole ? tokens : null };
  }
  if (finishReason === 'length') return { text, stopReason: 'length', responseTokens: tokens };
  return { text: text + takenStop(response, stop), stopReason: 'stop', responseTokens: tokens };
}

/** The stop string that the server took away; empty if an end token ended the response. */
function takenStop({ text, stopText }: ServedResponse, stop: readonly string[]): string {
  if (stopText !== undefined) return stop.includes(stopText) ? stopText : '';
  return stop.find((tag) => isOpen(text, tag)) ?? '';
}

/** Whether a text has opened what the tag closes, and not closed it. */
function isOpen(text: string, tag: string): boolean {
  const name = /^<\/([^<>]+)>$/.exec(tag)?.[1];
  return name !== undefined && text.lastIndexOf(`<${name}>`) > text.lastIndexOf(tag);
}
