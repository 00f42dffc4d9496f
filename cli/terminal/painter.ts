import type { Output } from './contracts.js';
import { displayWidth, fitWidth } from './width.js';

const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';
/** Terminals that know it show all of an update at once; others ignore it. */
const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';

/** A block of lines at the bottom of a terminal that is redrawn, below permanent lines. */
export interface Painter {
  /**
   * Draws the block; writes nothing if it looks as before. Lines are cut to the width of the terminal, the block to its
   * height.
   */
  paint(lines: readonly string[]): void;
  /** Writes one or more permanent lines above the block. */
  line(text: string): void;
  /** Removes the block and shows the cursor again. */
  close(): void;
}

/** Everything an update changes goes out in one write, so that nothing flickers. */
export function createPainter(output: Output): Painter {
  let shown: readonly string[] = [];
  let width = 0;
  let open = false;
  const columns = () => output.columns ?? 80;
  /** A terminal that has become narrower has wrapped what was drawn. */
  const rowsShown = () =>
    shown.reduce((rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns()))), 0);
  const erase = () => (shown.length === 0 ? '' : `\u001b[${rowsShown()}A\u001b[J`);
  const write = (above: string, lines: readonly string[]) => {
    const block = lines.map((line) => `${line}\n`).join('');
    output.write(`${beginUpdate}${open ? '' : hideCursor}${erase()}${above}${block}${endUpdate}`);
    [shown, width, open] = [lines, columns(), true];
  };
  const fit = (line: string) => fitWidth(line, Math.max(1, columns() - 1));
  return {
    paint: (lines) => {
      const block = lines.slice(0, Math.max(1, (output.rows ?? 24) - 1)).map(fit);
      const same = block.length === shown.length && block.every((line, i) => line === shown[i]);
      if (!open || width !== columns() || !same) write('', block);
    },
    line: (text) => {
      if (open) write(`${text}\n`, shown.map(fit));
      else output.write(`${text}\n`);
    },
    close: () => {
      if (!open) return;
      output.write(`${erase()}${showCursor}`);
      [shown, open] = [[], false];
    },
  };
}
