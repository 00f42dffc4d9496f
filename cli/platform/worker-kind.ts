import type { ErrorCode } from '../../core/errors.js';

/** Why a piece of work was given up. */
export type GivenUp = 'timeout' | 'crash';

/** What threads of one kind are called, and what stands for a result that they did not give. */
export interface WorkerKind {
  /** What the threads load. */
  readonly part: 'reward' | 'environment';
  /** What one of them is called. */
  readonly thread: 'grading thread' | 'stepping thread';
  /** The file that a thread executes, without extension. */
  readonly file: string;
  /** Of errors about the threads themselves. */
  readonly code: ErrorCode;
  /** How to correct a part that throws or returns something else than it must. */
  readonly remedy: string;
  /** What takes the place of a result after a second attempt has failed. */
  givenUp(method: string, cause: GivenUp): unknown;
}
