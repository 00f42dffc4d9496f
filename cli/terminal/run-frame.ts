import colors from 'picocolors';
import { drawBar } from './bar.js';
import { curves } from './curves.js';
import { footer, header, warnings } from './frame-lines.js';
import { cutTo, panelLines, type Panel } from './panels.js';
import type { RunState } from './run-state.js';
import { fitWidth } from './width.js';

export type { Panel } from './panels.js';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly time: number;
  readonly panel: Panel;
}

/**
 * The live view as lines that fit a terminal of this size: header, curves, running phases, warnings, the panel that is
 * open, keys. Where there is no room for all, header and keys stay, then what runs, the panel, warnings, curves, in
 * this order. A pure function.
 */
export function runFrame(state: RunState, { columns, rows, time, panel }: FrameOptions): string[] {
  const width = Math.max(1, columns - 1);
  const head = header(state, time, width);
  // One row is left free: a terminal scrolls when its last one is full.
  let room = Math.max(0, rows - 2 - head.length);
  const take = (lines: readonly string[]): readonly string[] => {
    const taken = lines.slice(0, room);
    room -= taken.length;
    return taken;
  };
  const phases = take([...state.phases.values()].map((phase) => ` ${drawBar(phase, time, width - 1)}`));
  const open = take(panelLines(panel, state, { columns: width, rows: room }));
  const warned = take(cutTo(room, warnings(state, width)));
  const drawn = take(curves(state, width));
  const rule = take([colors.dim('─'.repeat(width))]);
  return [...rule, ...head, ...drawn, ...phases, ...warned, ...open, footer(state, width)].map((line) =>
    fitWidth(line, width),
  );
}
