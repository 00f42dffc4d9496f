import { resolve } from 'node:path';
import type { RunEvents } from '../../core/contracts/platform.js';
import type { ListPart, ProblemList, ProblemSource } from '../../core/contracts/problems.js';
import { problemList } from '../../core/data/problem-list.js';
import { readSource, type SourceContent } from '../../core/data/source.js';
import { OrzError } from '../../core/errors.js';
import { localFiles } from './local-folder.js';
import type { FileDataSettings, FileSource } from './settings.js';

/**
 * Problems from files, all read and checked when the source is opened. Throws ORZ_CONFIG_INVALID for settings that contradict each other, at once, and when opened
 * ORZ_DATA_MISSING with every file that is not there, or what is wrong with a file.
 */
export function createFileProblems({ train, evaluation }: FileDataSettings, events: RunEvents): ProblemSource {
  const trainSources = train.map((source, i) => ({ source, origin: `data.train.${i}`, name: source.path }));
  const heldOut = Object.entries(evaluation).map(([name, source]) => ({ source, origin: `data.evaluation.${name}`, name }));
  checkSources(trainSources);
  for (const { source, origin } of [...trainSources, ...heldOut]) checkMap(source, origin);
  return {
    name: 'files',
    open: async () => {
      const sizes = await requireFiles([...trainSources, ...heldOut]);
      const phase = events.phase('reading problems', sizes.reduce((sum, size) => sum + size, 0), 'bytes');
      const contents: SourceContent[] = [];
      let before = 0;
      for (const [i, { source, origin, name }] of [...trainSources, ...heldOut].entries()) {
        contents.push(await readSource({ ...source, name, origin, files: [{ folder: localFiles, name: source.path, label: source.path }] }, (bytes) => { phase.progress(before + bytes); }));
        before += sizes[i]!;
      }
      phase.end();
      return {
        train: joined(train.map((source, i): [FileSource, SourceContent] => [source, contents[i]!])),
        evaluation: Object.fromEntries(heldOut.map(({ name }, i) => [name, heldOutList(name, contents[train.length + i]!)])),
      };
    },
  };
}

interface NamedSource { readonly source: FileSource; readonly origin: string; readonly name: string }

/** Weights of all sources or of none, and no file twice: the order of a source follows from its name. */
function checkSources(sources: readonly NamedSource[]): void {
  const without = sources.find(({ source }) => source.weight === undefined);
  const weighted = sources.some(({ source }) => source.weight !== undefined);
  if (weighted && without !== undefined) throw invalid(`${without.origin}.weight`, undefined, 'a weight for every source, or for none');
  const names = sources.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) throw invalid(`data.train.${twice}.path`, names[twice], 'each file once');
}

function checkMap({ form, fields }: Pick<FileSource, 'form' | 'fields'>, origin: string): void {
  if (form !== undefined && fields !== undefined) throw invalid(`${origin}.form`, form, 'form or fields, not both');
}

const invalid = (path: string, value: unknown, allowed: string): OrzError => new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' ${value === undefined ? 'is missing' : `cannot be ${JSON.stringify(value)}`}`, {
  ...(value !== undefined && { value }), allowed, origin: path, remedy: 'See docs/data.md.',
});

/** Bytes of each file. All that are missing are named at once: they are usually missing together. */
async function requireFiles(sources: readonly NamedSource[]): Promise<number[]> {
  const sizes = await Promise.all(sources.map(({ source }) => localFiles.size(source.path)));
  const missing = sources.filter((_, i) => sizes[i] === undefined);
  if (missing.length === 0) return sizes as number[];
  throw new OrzError('ORZ_DATA_MISSING', `There is no file ${missing.map(({ source }) => resolve(source.path)).join(', nor ')}`, {
    value: missing.map(({ source }) => source.path), origin: missing.map(({ origin }) => origin).join(', '),
    remedy: 'Give paths relative to the current folder. The files of Open-Reasoner-Zero are in the folder data of github.com/Open-Reasoner-Zero/Open-Reasoner-Zero; docs/data.md says how to run with other files.',
  });
}

const partOf = (name: string, { problems, form, unselected }: SourceContent): ListPart => ({ name, length: problems.length, form, unselected });

function joined(sources: readonly (readonly [FileSource, SourceContent])[]): ProblemList {
  const parts = sources.map(([{ path, weight }, content]) => ({ ...partOf(path, content), ...(weight !== undefined && { weight }) }));
  return problemList(sources.flatMap(([, { problems }]) => problems), parts);
}

const heldOutList = (name: string, content: SourceContent): ProblemList => problemList(content.problems, [partOf(name, content)]);
