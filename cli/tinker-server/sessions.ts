import { randomUUID } from 'node:crypto';
import { Refusal } from '../reward-server/refusal.js';
import { Repeats } from './repeats.js';

/** A client, as long as it shows that it lives. */
export class Session {
  readonly id = newId('session');
  /** Replies to requests that belong to no model. */
  readonly repeats = new Repeats<object>();
  /** Sweeps since the last sign of life. */
  silentSweeps = 0;
}

export const newId = (kind: string): string => `${kind}_${randomUUID().replaceAll('-', '')}`;

const maxSessions = 10_000;
/** A session has so many sweeps until it expires; time in which the server itself was busy counts only once. */
const sweepsToExpiry = 10;

/** The sessions of all clients. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();
  private readonly sweeper: NodeJS.Timeout;

  /** `isBusy` tells whether the server works for a session, which then does not expire; `onEnd` is told which ended. */
  constructor(
    timeoutMs: number,
    private readonly isBusy: (session: Session) => boolean,
    private readonly onEnd: (session: Session) => void,
  ) {
    this.sweeper = setInterval(() => {
      this.sweep();
    }, timeoutMs / sweepsToExpiry).unref();
  }

  create(): Session {
    if (this.sessions.size >= maxSessions) throw new Refusal(429, `${maxSessions} sessions are open already`);
    const session = new Session();
    this.sessions.set(session.id, session);
    return session;
  }

  /** The session, which lives on. Throws a {@link Refusal} for one that is unknown or has expired. */
  require(id: string): Session {
    const session = this.sessions.get(id);
    if (session === undefined)
      throw new Refusal(404, `there is no session ${id.slice(0, 100)}: it has expired, or the server was restarted`);
    session.silentSweeps = 0;
    return session;
  }

  /** For requests that name what belongs to a session. */
  touch(id: string): void {
    const session = this.sessions.get(id);
    if (session !== undefined) session.silentSweeps = 0;
  }

  end(id: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.onEnd(session);
  }

  close(): void {
    clearInterval(this.sweeper);
  }

  private sweep(): void {
    for (const session of this.sessions.values()) {
      if (this.isBusy(session)) session.silentSweeps = 0;
      else if (++session.silentSweeps > sweepsToExpiry) this.end(session.id);
    }
  }
}
