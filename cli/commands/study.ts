import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shellQuote } from '../../core/shell-quote.js';
import { studyCatalog } from '../../presets/studies/index.js';
import { asMarkdown, asText } from '../evaluate/report/document.js';
import { withOwnCommand } from '../invocation.js';
import { exitCodes } from '../report-error.js';
import { readCurves, resultsOf } from '../study/collect.js';
import { studyDocument } from '../study/document.js';
import { gatherStudy } from '../study/gather-arms.js';
import { planArms } from '../study/jobs.js';
import { loadStudy, parseStudy, type LoadedStudy } from '../study/load-study.js';
import { parseJobs, parseSeeds, type StudyFlags } from '../study/options.js';
import { planRuns } from '../study/plan-runs.js';
import { planText, timeText } from '../study/plan-text.js';
import { progressOfAll } from '../study/read-run.js';
import { trainStudy } from '../study/train-study.js';
import { writeResults } from '../study/write-results.js';
import { printable } from '../terminal/format.js';

/**
 * `orz-train study`: trains all runs of a study that are not finished, compares the arms and writes the results;
 * without a name lists the shipped studies. Returns the exit code.
 */
export async function study(named: string | undefined, flags: StudyFlags): Promise<number> {
  if (named === undefined) return listStudies();
  const { folder = 'runs/studies', set = [], markdown = false } = flags;
  const jobs = parseJobs(flags.jobs);
  const loaded = await loadStudy(named, process.cwd());
  const seeds = parseSeeds(flags.seeds, loaded.study.seeds);
  const arms = await planRuns(await gatherStudy(loaded, set, process.cwd()), seeds, folder);
  const progress = await progressOfAll(arms);
  if (flags.plan === true) {
    const { jobs: held } = await planArms(arms, jobs);
    print(`${planText(arms, progress)}\n${await timeText(arms, progress, held)}`);
    return exitCodes.ok;
  }
  await trainStudy(arms, progress, jobs);
  const curves = await readCurves(arms);
  const results = resultsOf({ study: loaded.study, set, seeds, arms, curves });
  const out = join(folder, loaded.study.name);
  await writeResults(out, { results, curves, command: commandOf(loaded, flags) });
  const document = studyDocument(results);
  print(markdown ? asMarkdown(document) : asText(document, process.stdout.columns));
  process.stderr.write(`Results are in ${printable(out)}: report.html shows them (${reportUrl(out)})\n`);
  return exitCodes.ok;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const reportUrl = (out: string): string => pathToFileURL(resolve(out, 'report.html')).href;

function listStudies(): number {
  for (const shipped of studyCatalog.values()) {
    const { name, title, question, arms, seeds } = parseStudy(shipped, shipped.name);
    const names = arms.map((arm) => arm.name).join('; ');
    print(`${name}  ${title}\n  ${question}\n  ${arms.length} arms × ${seeds.length} seeds: ${names}`);
  }
  print(withOwnCommand('\nSee what one would train: orz-train study NAME --plan'));
  return exitCodes.ok;
}

/** What trains the study again, without where and how fast. */
function commandOf({ named }: LoadedStudy, { seeds, set = [] }: StudyFlags): string {
  const name = studyCatalog.has(named) ? named : `./${relative(process.cwd(), resolve(named))}`;
  const flags = [...(seeds === undefined ? [] : ['--seeds', seeds]), ...set.flatMap((setting) => ['--set', setting])];
  return ['orz-train study', ...[name, ...flags].map(shellQuote)].join(' ');
}
