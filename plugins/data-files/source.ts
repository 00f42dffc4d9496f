import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { ListPart, ProblemSource } from '../../core/contracts/problems.js';
import { problemList } from '../../core/data/problem-list.js';
import { readSource, type SourceContent } from '../../core/data/source.js';
import { OrzError } from '../../core/errors.js';
import { locateFiles, type NamedSource } from './locate.js';
import type { FileDataSettings, FileSource } from './settings.js';

/**
 * Problems from files, all read and checked when the source is opened. Throws ORZ_CONFIG_INVALID for settings that contradict each other, at once, and when opened
 * ORZ_DATA_MISSING with every file that is not there, or what is wrong with a file.
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
      const files = await locateFiles(all, platform, events);
      const contents: SourceContent[] = [];
      for (const [i, { source, name, origin }] of all.entries()) {
        const phase = events.phase(`reading ${name}`, 100, '%');
        contents.push(
          await readSource({ ...source, name, origin, files: files[i]! }, (share) => {
            phase.progress(100 * share);
          }),
        );
        phase.end();
      }
      const lists = all.map(({ name, source: { weight } }, i): ListPart => ({
        name,
        ...(weight !== undefined && { weight }),
        ...partOf(contents[i]!),
      }));
      return {
        train: problemList(
          contents.slice(0, train.length).flatMap(({ problems }) => problems),
          lists.slice(0, train.length),
        ),
        evaluation: Object.fromEntries(
          heldOut.map(({ name }, k) => [
            name,
            problemList(contents[train.length + k]!.problems, [lists[train.length + k]!]),
          ]),
        ),
      };
    },
  };
}

/** Several parts of one dataset have names of their own. */
const nameOf = ({ name, path, hub, config }: FileSource): string =>
  name ?? path ?? [hub, config].filter((part) => part !== undefined).join('/');

const partOf = ({ problems, form, unselected }: SourceContent): Pick<ListPart, 'length' | 'form' | 'unselected'> => ({
  length: problems.length,
  form,
  unselected,
});

const hubSettings = ['revision', 'config', 'split', 'files'] as const;

function checkSource({ source, origin }: NamedSource): void {
  if ((source.path === undefined) === (source.hub === undefined))
    throw invalid(`${origin}.path`, source.path, 'either a path or a name on the hub');
  const wrong = source.hub === undefined ? hubSettings.find((key) => source[key] !== undefined) : undefined;
  if (wrong !== undefined)
    throw invalid(`${origin}.${wrong}`, source[wrong], 'nothing: it is for a dataset on the hub');
  if (source.files !== undefined && (source.config ?? source.split) !== undefined)
    throw invalid(`${origin}.files`, source.files, 'files, or config and split');
  if (source.form !== undefined && source.fields !== undefined)
    throw invalid(`${origin}.form`, source.form, 'form or fields, not both');
}

/** Weights of all sources or of none, and no name twice: the order of a source follows from its name. */
function checkTogether(sources: readonly NamedSource[]): void {
  const without = sources.find(({ source }) => source.weight === undefined);
  const weighted = sources.some(({ source }) => source.weight !== undefined);
  if (weighted && without !== undefined)
    throw invalid(`${without.origin}.weight`, undefined, 'a weight for every source, or for none');
  const names = sources.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0)
    throw invalid(`data.train.${twice}.name`, names[twice], 'a name of its own: another source has the same');
}

const invalid = (path: string, value: unknown, allowed: string): OrzError =>
  new OrzError(
    'ORZ_CONFIG_INVALID',
    `Setting '${path}' ${value === undefined ? 'is missing' : `cannot be ${JSON.stringify(value)}`}`,
    {
      ...(value !== undefined && { value }),
      allowed,
      origin: path,
      remedy: 'See docs/data.md.',
    },
  );
