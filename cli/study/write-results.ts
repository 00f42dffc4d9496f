import type { StudyResults } from '../../core/study/results.js';
import { createFolderStorage } from '../platform/storage.js';
import { bandOf } from './bands.js';
import type { ArmCurves } from './collect.js';
import { plural } from './document.js';
import { studyPage, type PlotImage } from './page.js';
import { drawPlot } from './plot.js';
import { curveOf } from './read-run.js';

interface Written {
  readonly results: StudyResults;
  readonly curves: readonly ArmCurves[];
  /** That trains the study again. */
  readonly command: string;
}

/** Writes `study.json`, a picture of each metric to be plotted, and `report.html` into the folder of the study. */
export async function writeResults(folder: string, { results, curves, command }: Written): Promise<void> {
  const storage = createFolderStorage(folder);
  await storage.write('study.json', `${JSON.stringify(results, null, 2)}\n`);
  const plots = results.study.plots.map((metric) => plotOf(metric, curves, results.seeds.length));
  for (const { name, svg } of plots) await storage.write(`${name.replaceAll(/[^\w.-]+/g, '-')}.svg`, svg);
  await storage.write('report.html', studyPage({ results, plots, command }));
}

function plotOf(metric: string, curves: readonly ArmCurves[], seeds: number): PlotImage {
  const arms = curves.map(({ name, runs }) => ({ name, band: bandOf(runs.map((run) => curveOf(run, metric))) }));
  const note = seeds === 1 ? '1 seed' : `mean of ${seeds} ${plural(seeds, 'seed')} with 95 % t intervals`;
  return { name: metric, svg: drawPlot({ title: metric, note, arms }) };
}
