import { messageOf } from '../../core/boundary/safe-text.js';
import { knownKeys } from '../../core/config/describe.js';
import { together } from '../../core/config/errors.js';
import { isOrzError, nearest, OrzError } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';
import { studySchema } from '../../core/study/study.js';

/** A name that no shipped study has. */
export function unknownStudy(name: string, known: readonly string[]): OrzError {
  const near = nearest(name, known);
  return new OrzError('ORZ_USAGE', `There is no study '${name}'`, {
    value: name,
    allowed: known,
    origin: 'command line',
    remedy:
      near === undefined
        ? 'List them: orz-train study. A study of your own is named by its path: orz-train study ./mine.ts'
        : `Did you mean: orz-train study ${near}`,
  });
}

export const missingStudy = (path: string): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `There is no study file ${path}`, {
    value: path,
    origin: 'command line',
    remedy: 'Correct the path.',
  });

export const unloadableStudy = (path: string, cause: unknown): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `The study cannot be loaded: ${messageOf(cause)}`, {
    value: path,
    origin: path,
    remedy: 'Correct the module; the cause below says where.',
    cause,
  });

/** What the schema refuses: as much of an issue of zod as is told. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
}

/** Everything that is wrong with a study; `origin` is its file. */
export const invalidStudy = (origin: string, issues: readonly Issue[]): OrzError =>
  together(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(origin, issue) : invalid(origin, issue),
    ),
  );

function invalid(origin: string, { path, message }: Issue): OrzError {
  const where = path.length === 0 ? 'its default export' : `'${path.join('.')}'`;
  return new OrzError('ORZ_CONFIG_INVALID', `${origin} holds no study: ${where}: ${message}`, {
    origin,
    remedy: 'Correct it; docs/studies.md has an example: export default defineStudy({ … })',
  });
}

function unknownKeys(origin: string, { path, keys = [] }: Issue): OrzError[] {
  const known = knownKeys(studySchema, path) ?? [];
  return keys.map((key) => {
    const near = nearest(key, known);
    return new OrzError('ORZ_CONFIG_INVALID', `${origin}: a study has no '${[...path, key].join('.')}'`, {
      value: key,
      allowed: known,
      origin,
      remedy: near === undefined ? 'Remove it, or state it under settings.' : `Did you mean '${near}'?`,
    });
  });
}

/** A flag with a value that it does not take. */
export const badStudyFlag = (flag: string, text: string, allowed: string): OrzError =>
  new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed,
    origin: flag,
    remedy: `Give ${flag} ${allowed}.`,
  });

/** `--set` of something that the study itself decides. */
export const notForSet = (flag: string): OrzError =>
  new OrzError('ORZ_USAGE', `--set ${flag} is for the study to decide`, {
    value: flag,
    origin: '--set',
    remedy: 'Choose seeds with --seeds and the folder of all runs with --folder.',
  });

/** A metric of the study that none of its runs has recorded. */
export function unknownOutcome(metric: string, known: readonly string[], study: string): OrzError {
  const near = nearest(metric, known);
  return new OrzError('ORZ_CONFIG_INVALID', `No run of this study has recorded the metric '${metric}'`, {
    value: metric,
    allowed: known,
    origin: study,
    remedy: `${near === undefined ? 'Name one of those that were recorded.' : `Did you mean '${near}'?`} ${kept}`,
  });
}

const kept = 'Correct the study and give the same command again: runs that are finished are kept.';

/** A run that could not be trained to its end; the code is that of its own error. */
export function studyRunFailed(run: { readonly label: string; readonly folder: string }, cause: unknown): OrzError {
  const own = isOrzError(cause) ? cause : undefined;
  const again =
    'Then give the same command again: finished runs are kept, and this one goes on where it was.\n' +
    `To begin this one anew, remove ${shellQuote(run.folder)}`;
  return new OrzError(own?.code ?? 'ORZ_RUN_DIED', `The run ${run.label} failed: ${messageOf(cause)}`, {
    ...own?.details,
    origin: run.folder,
    remedy: [own?.details.remedy, again].filter(Boolean).join('\n'),
  });
}

/** All runs that failed, as one error. */
export const studyRunsFailed = (failures: readonly OrzError[]): OrzError => together(failures);

/** Stopped by a signal; what is finished is kept. */
export const studyInterrupted = (signal: string, finished: number, all: number): OrzError =>
  new OrzError(
    'ORZ_INTERRUPTED',
    `Stopped; ${finished} of ${all} runs are finished, the others saved where they were`,
    {
      value: signal,
      remedy: 'Give the same command again to go on.',
    },
  );
