import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Problem } from '../../core/contracts/data.js';
import type { RunEvents } from '../../core/contracts/platform.js';
import type { ProblemList, ProblemSource } from '../../core/contracts/problems.js';
import { OrzError } from '../../core/errors.js';
import { readRecords } from './read-records.js';
import { parseRecord } from './record.js';
import { separate, type Separated } from './separate.js';
import type { JsonDataSettings } from './settings.js';

/**
 * Problems from JSON files, all read and checked when the source is opened. A problem's id is its file (or held-out set) and record number, so it
 * does not depend on the other files. Training problems that repeat each other or a held-out one are left out, and counted in the log.
 */
export function createJsonProblems({ train, evaluation }: JsonDataSettings, events: RunEvents): ProblemSource {
  return {
    name: 'orz-json',
    open: async () => {
      await requireFiles([...train.map((path) => ['data.train', path] as const), ...Object.entries(evaluation).map(([name, path]) => [`data.evaluation.${name}`, path] as const)]);
      const heldOut: Record<string, Problem[]> = {};
      for (const [name, path] of Object.entries(evaluation)) heldOut[name] = await readProblems(path, name);
      const problems: Problem[] = [];
      for (const path of train) problems.push(...await readProblems(path, path));
      const separated = separate(problems, Object.values(heldOut).flat());
      report(separated, heldOut, events);
      if (separated.kept.length === 0) throw nothingLeft(problems.length);
      return { train: problemList(separated.kept), evaluation: Object.fromEntries(Object.entries(heldOut).map(([name, list]) => [name, problemList(list)])) };
    },
  };
}

async function readProblems(path: string, name: string): Promise<Problem[]> {
  return (await readRecords(path)).map(({ value, number }) => ({ id: `${name}#${number}`, ...parseRecord(value, { path, number }) }));
}

/** All files that are missing are named at once: they are usually missing together. */
async function requireFiles(files: readonly (readonly [setting: string, path: string])[]): Promise<void> {
  const missing: (readonly [string, string])[] = [];
  for (const file of files) {
    if (!await stat(file[1]).then((found) => found.isFile(), () => false)) missing.push(file);
  }
  if (missing.length === 0) return;
  throw new OrzError('ORZ_DATA_MISSING', `There is no file ${missing.map(([, path]) => resolve(path)).join(', nor ')}`, {
    value: missing.map(([, path]) => path), origin: missing.map(([setting]) => setting).join(', '),
    remedy: 'Give paths relative to the current folder. The files of Open-Reasoner-Zero are in the folder data of github.com/Open-Reasoner-Zero/Open-Reasoner-Zero.',
  });
}

function report({ kept, repeated, contradicting, heldOut }: Separated, sets: Readonly<Record<string, readonly Problem[]>>, events: RunEvents): void {
  const held = Object.entries(sets).map(([name, list]) => `${name} ${list.length}`).join(', ') || 'none';
  events.log('info', `Problems: ${kept.length} to train on, held out: ${held}; left out of training: ${repeated} repeated, ${heldOut} held out`);
  if (contradicting > 0) events.log('warn', `${contradicting} of the repeated training problems have another answer than their first occurrence, which is kept`);
}

function nothingLeft(read: number): OrzError {
  return new OrzError('ORZ_DATA_EMPTY', `All ${read} training problems are also held out`, {
    value: read, origin: 'data.train, data.evaluation', remedy: 'Train on other files than you evaluate with.',
  });
}

function problemList(problems: readonly Problem[]): ProblemList {
  return {
    length: problems.length,
    at(index) {
      const problem = problems[index];
      if (problem) return problem;
      throw new OrzError('ORZ_INTERNAL', 'No problem has this index', { value: index, allowed: `0 to ${problems.length - 1}`, origin: 'orz-json' });
    },
  };
}
