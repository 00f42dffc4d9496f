import type { Problem } from '../../contracts/data.js';
import type { ListPart } from '../../contracts/problems.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { DataFile } from '../files/data-file.js';
import type { OptionOrder } from '../record-form.js';
import { readSource } from '../source.js';
import type { NamedSource } from './locate.js';

export interface LocatedSource<S extends NamedSource = NamedSource> {
  readonly named: S;
  readonly files: readonly DataFile[];
}

/** The problems of a source and the part of a list that they make; reading is reported as progress. */
export async function readLocated(
  { named: { source, name, origin }, files }: LocatedSource,
  events: RunEvents,
  optionOrder?: OptionOrder,
): Promise<{ readonly problems: readonly Problem[]; readonly part: ListPart }> {
  const phase = events.phase(`reading ${name}`, 100, '%');
  const { problems, ...about } = await readSource({ ...source, name, origin, files, optionOrder }, (share) => {
    phase.progress(100 * share);
  });
  phase.end();
  return { problems, part: { name, length: problems.length, ...about } };
}
