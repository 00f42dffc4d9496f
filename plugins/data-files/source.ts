import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { ListPart, ProblemSource } from '../../core/contracts/problems.js';
import { problemList } from '../../core/data/problem-list.js';
import { contradictorySetting } from '../../core/data/sources/errors.js';
import { checkSource, locateFiles, requireLocalFiles, type NamedSource } from '../../core/data/sources/locate.js';
import { readLocated } from '../../core/data/sources/read.js';
import type { FileDataSettings, ProblemFiles } from './settings.js';

type Source = NamedSource<ProblemFiles>;

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
  const trainSources = train.map((source, i): Source => ({
    source,
    origin: `data.train.${i}`,
    name: nameOf(source),
    split: 'train',
  }));
  const heldOut = Object.entries(evaluation).flatMap(([name, source]): Source[] =>
    source === null ? [] : [{ source, origin: `data.evaluation.${name}`, name, split: 'test' }],
  );
  const all = [...trainSources, ...heldOut];
  all.forEach(checkSource);
  checkTogether(trainSources);
  return {
    name: 'files',
    open: async () => {
      await requireLocalFiles(all, platform);
      const open = (sources: readonly Source[]) =>
        inOrder(sources, async (named) => ({ named, files: await locateFiles(named, platform, events) }));
      const [trainFiles, heldOutFiles] = [await open(trainSources), await open(heldOut)];
      const trainParts = await inOrder(trainFiles, (located) => readLocated(located, events));
      const heldOutParts = await inOrder(heldOutFiles, (located) => readLocated(located, events));
      return {
        train: problemList(
          trainParts.flatMap(({ problems }) => problems),
          trainParts.map(({ part }, i) => weighted(part, train[i]?.weight)),
        ),
        evaluation: Object.fromEntries(
          heldOutParts.map(({ problems, part }) => [part.name, problemList(problems, [part])]),
        ),
      };
    },
  };
}

/** Several parts of one dataset have names of their own. */
const nameOf = ({ name, path, hub, config }: ProblemFiles): string =>
  name ?? path ?? [hub, config].filter((part) => part !== undefined).join('/');

/** Works on one item after another, so that progress is reported and errors occur in the order of the configuration. */
async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** The part of the list says how often the problems of a weighted source are drawn. */
const weighted = (part: ListPart, weight: number | undefined): ListPart => ({
  ...part,
  ...(weight !== undefined && { weight }),
});

/** Weights of all sources or of none, and no name twice: the order of a source follows from its name. */
function checkTogether(sources: readonly Source[]): void {
  const without = sources.find(({ source }) => source.weight === undefined);
  const weighted = sources.some(({ source }) => source.weight !== undefined);
  if (weighted && without !== undefined)
    throw contradictorySetting(`${without.origin}.weight`, undefined, 'a weight for every source, or for none');
  const names = sources.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0)
    throw contradictorySetting(`data.train.${twice}.name`, names[twice], 'a unique name: another source has the same');
}
