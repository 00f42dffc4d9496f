import type { StudyResults } from '../../core/study/results.js';
import { escapeHtml, staticPage } from '../dashboard/html.js';
import type { Table } from '../evaluate/report/document.js';
import { printable } from '../terminal/format.js';
import { armsTable, studyDocument, valuesTable, verdictLines } from './document.js';
import { drawOutcome } from './outcome-plot.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem }
blockquote { border-left: 3px solid #8888; margin: 1rem 0; padding-left: 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-size: .92rem; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top;
  overflow-wrap: anywhere }
img { max-width: 100%; height: auto; display: block; margin: 1rem 0 }
code { background: #8882; padding: .15rem .35rem; border-radius: 3px; overflow-wrap: anywhere }
p, blockquote, li { max-width: 46rem }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1rem }
footer { margin-top: 2rem; opacity: .75 }`;

/** A picture with what it shows. */
export interface PlotImage {
  readonly name: string;
  readonly svg: string;
}

interface PageOptions {
  readonly results: StudyResults;
  readonly plots: readonly PlotImage[];
  /** That trains the study again. */
  readonly command: string;
}

const text = (value: string): string => escapeHtml(printable(value));
const paragraph = (value: string): string => `<p>${text(value)}</p>`;

/** The report of a study: a page that opens without a server or a network. */
export function studyPage({ results, plots, command }: PageOptions): string {
  const { study, outcomes, seeds } = results;
  const { tables, notes } = studyDocument(results);
  return staticPage(
    `${printable(study.title)} · orz-train study`,
    style,
    [
      `<h1>${text(study.title)}</h1>`,
      paragraph(study.question),
      ...claimOf(study),
      '<h2>What was found</h2>',
      `<ul>${verdictLines(results)
        .map((line) => `<li>${text(line)}</li>`)
        .join('')}</ul>`,
      ...outcomes.map((outcome) => imageMarkup({ name: outcome.label, svg: drawOutcome(outcome, seeds.length) })),
      ...tables.map(tableMarkup),
      ...notes.map(paragraph),
      ...(plots.length > 0 ? ['<h2>Curves</h2><div class="curves">', ...plots.map(imageMarkup), '</div>'] : []),
      '<h2>Arms</h2>',
      tableMarkup(armsTable(results)),
      '<h2>Every seed</h2>',
      ...outcomes.map((outcome) => tableMarkup(valuesTable(outcome, seeds))),
      '<h2>Train it again</h2>',
      `<p><code>${text(command)}</code></p>`,
      `<footer>${text(results.producer)}</footer>`,
    ].join('\n'),
  );
}

function claimOf({ claim }: StudyResults['study']): string[] {
  if (claim === undefined) return [];
  return [`<blockquote>${paragraph(claim.text)}<p><cite>${text(claim.source)}</cite></p></blockquote>`];
}

function tableMarkup({ caption, head, rows }: Table): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => cells('td', row)).join('');
  return `<table><caption>${text(caption)}</caption><thead>${cells('th', head)}</thead><tbody>${body}</tbody></table>`;
}

/** As an image the picture keeps its style to itself, and nothing in it could be executed. */
const imageMarkup = ({ name, svg }: PlotImage): string =>
  `<img alt="${text(name)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`;
