import { OrzError } from '../errors.js';

/**
 * Stops the run before non-finite numbers reach an update. `perRollout` is [B][T]; `what` names the tensor in the message.
 * Throws ORZ_NOT_FINITE naming the first offending rollout (by position) and token.
 */
export function requireFinite(what: string, perRollout: readonly ArrayLike<number>[]): void {
  for (let b = 0; b < perRollout.length; b++) {
    const row = perRollout[b]!;
    for (let t = 0; t < row.length; t++) {
      if (Number.isFinite(row[t])) continue;
      throw new OrzError('ORZ_NOT_FINITE', `${what} of rollout ${b} is ${row[t]} at response token ${t}`, {
        value: String(row[t]),
        allowed: 'finite numbers',
        origin: `${what}[${b}][${t}]`,
        location: { tensor: what, sample: b, token: t },
        remedy:
          'Look at this rollout; a learning rate that is too high or a reward that divides by zero are the usual causes.',
      });
    }
  }
}

/** Throws ORZ_INTERNAL unless both arrays have the same number of entries. */
export function requireSameLength(where: string, a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length === b.length) return;
  throw new OrzError('ORZ_INTERNAL', `${where}: arrays of ${a.length} and ${b.length} entries`, {
    value: [a.length, b.length],
    allowed: 'arrays of equal length',
    remedy: 'Pass arrays aligned entry by entry.',
  });
}

/** Throws ORZ_CONFIG_INVALID unless `low <= value <= high`. */
export function requireInRange(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new OrzError('ORZ_CONFIG_INVALID', `${name} is ${value}`, {
    value,
    allowed: `${low} to ${high}`,
    origin: name,
    remedy: `Choose ${name} between ${low} and ${high}.`,
  });
}
