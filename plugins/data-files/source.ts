import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { Problem } from '../../core/contracts/data.js';
import type { ListPart, ProblemSource } from '../../core/contracts/problems.js';
import type { DataFile } from '../../core/data/data-file.js';
import { problemList } from '../../core/data/problem-list.js';
import { readSource } from '../../core/data/source.js';
import { contradictorySetting } from './errors.js';
import { locateFiles, requireLocalFiles, type NamedSource } from './locate.js';
import type { FileDataSettings, FileSource } from './settings.js';

/**
 * Problems from files, all read and checked when the source is opened. Throws ORZ_CONFIG_INVALID for settings that
 * contradict each other, at once, and when opened ORZ_DATA_MISSING with every local file that does not exist, before
 * anything is fetched, or an error that says what is wrong with a file.
 */
export function createFileProblems(
  { train, evaluation }: FileDataSettings,
  platform: Platform,
  events: RunEvents,
): ProblemSource {
  const trainSources = train.map((source, i): NamedSource => ({
    source,
    origin: `data.train.${i}`,
    name: nameOf(source),
    split: 'train',
  }));
  const heldOut = Object.entries(evaluation).flatMap(([name, source]): NamedSource[] =>
    source === null ? [] : [{ source, origin: `data.evaluation.${name}`, name, split: 'test' }],
  );
  const all = [...trainSources, ...heldOut];
  all.forEach(checkSource);
  checkTogether(trainSources);
  return {
    name: 'files',
    open: async () => {
      await requireLocalFiles(all);
      const open = (sources: readonly NamedSource[]) =>
        inOrder(sources, async (named) => ({ named, files: await locateFiles(named, platform, events) }));
      const [trainFiles, heldOutFiles] = [await open(trainSources), await open(heldOut)];
      const trainParts = await inOrder(trainFiles, (located) => readLocated(located, events));
      const heldOutParts = await inOrder(heldOutFiles, (located) => readLocated(located, events));
      return {
        train: problemList(
          trainParts.flatMap(({ problems }) => problems),
          trainParts.map(({ part }) => part),
        ),
        evaluation: Object.fromEntries(
          heldOutParts.map(({ problems, part }) => [part.name, problemList(problems, [part])]),
        ),
      };
    },
  };
}

/** Several parts of one dataset have names of their own. */
const nameOf = ({ name, path, hub, config }: FileSource): string =>
  name ?? path ?? [hub, config].filter((part) => part !== undefined).join('/');

/** Works on one item after another, so that progress is reported and errors occur in the order of the configuration. */
async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

interface LocatedSource {
  readonly named: NamedSource;
  readonly files: readonly DataFile[];
}

/** The problems of a source and the part of a list that they make. */
async function readLocated(
  { named: { source, name, origin }, files }: LocatedSource,
  events: RunEvents,
): Promise<{ readonly problems: readonly Problem[]; readonly part: ListPart }> {
  const phase = events.phase(`reading ${name}`, 100, '%');
  const { problems, ...about } = await readSource({ ...source, name, origin, files }, (share) => {
    phase.progress(100 * share);
  });
  phase.end();
  const { weight } = source;
  const part = { name, ...(weight !== undefined && { weight }), length: problems.length, ...about };
  return { problems, part };
}

const hubSettings = ['revision', 'config', 'split', 'files'] as const;

function checkSource({ source, origin }: NamedSource): void {
  if ((source.path === undefined) === (source.hub === undefined))
    throw contradictorySetting(`${origin}.path`, source.path, 'either a path or a name on the hub');
  const hubOnly = source.hub === undefined ? hubSettings.find((key) => source[key] !== undefined) : undefined;
  if (hubOnly !== undefined)
    throw contradictorySetting(`${origin}.${hubOnly}`, source[hubOnly], 'nothing: it is for a dataset on the hub');
  if (source.files !== undefined && (source.config ?? source.split) !== undefined)
    throw contradictorySetting(`${origin}.files`, source.files, 'files, or config and split');
  if (source.form !== undefined && source.fields !== undefined)
    throw contradictorySetting(`${origin}.form`, source.form, 'form or fields, not both');
}

/** Weights of all sources or of none, and no name twice: the order of a source follows from its name. */
function checkTogether(sources: readonly NamedSource[]): void {
  const without = sources.find(({ source }) => source.weight === undefined);
  const weighted = sources.some(({ source }) => source.weight !== undefined);
  if (weighted && without !== undefined)
    throw contradictorySetting(`${without.origin}.weight`, undefined, 'a weight for every source, or for none');
  const names = sources.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0)
    throw contradictorySetting(`data.train.${twice}.name`, names[twice], 'a unique name: another source has the same');
}
