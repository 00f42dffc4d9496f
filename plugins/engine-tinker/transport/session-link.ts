import type { TinkerConnection } from './connection.js';
import type { Gate } from './gate.js';
import type { TransportLimits } from './limits.js';

/** What models and samplers need of their session. */
export interface SessionLink {
  readonly connection: TinkerConnection;
  readonly limits: TransportLimits;
  /** Aborted when the server has ended the session or is silent: with ORZ_SERVER_STATE or ORZ_SERVER_UNREACHABLE. */
  readonly lost: AbortSignal;
  /** Where requests with data wait for their turn, over all models. */
  readonly gate: Gate;
  /** A number for the next sampling session, from 1. */
  nextSampler(): number;
}
