import colors from 'picocolors';
import { verdicts } from '../../core/contracts/data.js';
import { formatNumber, printable } from '../terminal/format.js';
import type { GradedLine } from './grade-lines.js';

/** What the results of a file come to. */
export class Tally {
  graded = 0;
  malformed = 0;
  private value = 0;
  private readonly byVerdict = new Map<string, number>();
  private readonly shown: { readonly line: number; readonly error: string }[] = [];

  count(result: GradedLine): void {
    if (result.kind === 'malformed') {
      this.malformed++;
      if (this.shown.length < shownMalformed) this.shown.push(result);
      return;
    }
    this.graded++;
    this.value += result.value;
    this.byVerdict.set(result.verdict, (this.byVerdict.get(result.verdict) ?? 0) + 1);
  }

  /** The first malformed lines, and a line of figures. */
  toString(): string {
    const hidden = this.malformed - this.shown.length;
    return [
      ...this.shown.map(({ line, error }) => colors.red(`line ${line}: ${printable(error)}`)),
      ...(hidden > 0 ? [colors.red(`… and ${formatNumber(hidden)} more malformed lines`)] : []),
      this.figures(),
    ].join('\n');
  }

  private figures(): string {
    const counts = verdicts.flatMap((verdict) => {
      const count = this.byVerdict.get(verdict);
      return count === undefined ? [] : [`${verdict} ${formatNumber(count)}`];
    });
    const mean = this.graded === 0 ? '' : `, mean value ${(this.value / this.graded).toFixed(4)}: ${counts.join(', ')}`;
    const malformed = this.malformed === 0 ? '' : `; ${formatNumber(this.malformed)} malformed`;
    return `${formatNumber(this.graded)} graded${mean}${malformed}`;
  }
}

const shownMalformed = 10;
