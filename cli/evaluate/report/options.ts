import type { Command } from 'commander';
import { badOutputs } from './errors.js';

/** Flags of `orz-train evaluate` that show evaluations on disk in place of making one. */
export interface ShowFlags {
  readonly show?: readonly string[];
  readonly compare?: readonly string[];
  readonly schema?: boolean;
  readonly published?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly latex?: boolean;
  readonly report?: string;
  readonly lmEval?: string;
}

/** Adds them to a command that has `--json` already. */
export function withShowFlags(command: Command): Command {
  return command
    .option('--show <folders...>', 'print evaluations that are done: folders, results.json, or those of lm_eval')
    .option('--compare <folders...>', 'the paired difference of two evaluations on the same questions')
    .option('--published', 'with --show: the figures of the paper and its peers below')
    .option('--markdown', 'with --show or --compare: as Markdown')
    .option('--latex', 'with --show or --compare: as LaTeX')
    .option('--report <file>', 'with --show or --compare: write one HTML page with every question')
    .option('--lm-eval <folder>', "with --show and one evaluation: write it in lm-evaluation-harness' form")
    .option('--schema', 'print the JSON schema of results.json');
}

export const isShowing = ({ show, compare, schema }: ShowFlags): boolean =>
  show !== undefined || compare !== undefined || schema === true;

const showing: Readonly<Record<keyof ShowFlags, true>> = {
  ...{ show: true, compare: true, schema: true, published: true },
  ...{ json: true, markdown: true, latex: true, report: true, lmEval: true },
};

/** Throws ORZ_USAGE for a benchmark or a flag that says how to measure, where nothing is measured. */
export function refuseMeasuring(benchmarks: readonly string[], flags: ShowFlags): void {
  const isGiven = ([key, value]: readonly [string, unknown]): boolean =>
    value !== undefined && !Object.hasOwn(showing, key);
  const other = Object.entries(flags).find(isGiven)?.[0];
  const flag = other?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const [given] = [...benchmarks, ...(flag === undefined ? [] : [`--${flag}`])];
  if (given === undefined) return;
  const shown = flags.compare === undefined ? '--show' : '--compare';
  throw badOutputs(`${given} is for measuring, and ${shown} prints what was measured`, 'Leave out one of the two.');
}

/** Throws ORZ_USAGE for flags that exclude or need each other. */
export function refuseContradictoryOutputs(flags: ShowFlags): void {
  const { show, compare, published, json, markdown, latex, report, lmEval } = flags;
  if (!isShowing(flags)) {
    const given = { '--published': published, '--markdown': markdown, '--latex': latex, '--report': report };
    const [first] = Object.entries({ ...given, '--lm-eval': lmEval }).filter(([, value]) => value !== undefined);
    if (first) throw badOutputs(`${first[0]} needs --show`, `Name the folder: --show FOLDER ${first[0]}`);
    return;
  }
  if (show !== undefined && compare !== undefined)
    throw badOutputs('--show and --compare exclude each other', 'Leave out one of them; --compare shows both.');
  if (compare !== undefined && compare.length !== 2)
    throw badOutputs(`--compare takes two evaluations, not ${compare.length}`, 'Give two folders: --compare A B');
  if ([json, markdown, latex].filter((form) => form === true).length > 1)
    throw badOutputs('--json, --markdown and --latex exclude each other', 'Choose one form.');
  if (lmEval !== undefined && show?.length !== 1)
    throw badOutputs('--lm-eval takes one evaluation', 'Name it: --show FOLDER --lm-eval OUTPUT');
}
