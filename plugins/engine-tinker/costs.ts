import type { ServerCosts } from '../../core/contracts/engine.js';
import type { PhaseTraffic, Traffic } from './transport/traffic.js';

/** Reads a traffic counter as the costs between two readings. */
export class CostMeter {
  private last: Readonly<Record<string, PhaseTraffic>> = {};

  constructor(private readonly traffic: Traffic) {}

  read(): ServerCosts {
    const now = this.traffic.snapshot();
    const counts = { bytesSent: 0, bytesReceived: 0, requests: 0, repetitions: 0 };
    const seconds: Record<string, number> = { queue: 0, send: 0 };
    for (const [phase, figures] of Object.entries(now)) {
      const since = (name: keyof PhaseTraffic): number => figures[name] - (this.last[phase]?.[name] ?? 0);
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += since(name);
      seconds['queue'] = (seconds['queue'] ?? 0) + since('queueSeconds');
      seconds['send'] = (seconds['send'] ?? 0) + since('sendSeconds');
      const waited = since('waitSeconds');
      if (waited > 0) seconds[subjectOf(phase)] = (seconds[subjectOf(phase)] ?? 0) + waited;
    }
    this.last = now;
    return { counts, seconds };
  }
}

/** `policy.accumulate` is told under `policy`, what is no computing under its own name. */
function subjectOf(phase: string): string {
  const [subject = '', what = ''] = phase.split('.');
  if (what === 'sync') return 'sync';
  return ['save', 'load'].includes(what) ? 'checkpoint' : subject;
}
