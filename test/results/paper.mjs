/**
 * `npm run results:paper`: trains the studies of docs/paper.md one after another (`orz-train study`, which goes on
 * where it was) and writes their tables and curves into docs/paper.md and docs/images/paper.
 *
 *     npm run results:paper -- [--studies gae-lambda,kl] [--folder runs/studies] [--jobs N]
 *
 * Without `--studies` it takes all that the document has a place for; a run takes a minute of one core. The study
 * `annealing` does not ship: it needs a model and the problems that this model finds hard, which are made first.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { prepareAnnealing } from './annealing-study.mjs';
import { output } from './command.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const [document, pictures] = [file('docs/paper.md'), file('docs/images/paper')];

const { values: options } = parseArgs({
  options: {
    studies: { type: 'string' },
    folder: { type: 'string', default: 'runs/studies' },
    jobs: { type: 'string' },
  },
});

const placed = [...readFileSync(document, 'utf8').matchAll(/<!-- study ([\w-]+) -->/g)].map(([, name]) => name ?? '');
const folder = resolve(options.folder);
mkdirSync(pictures, { recursive: true });
for (const name of options.studies?.split(',') ?? placed) {
  const table = train(name === 'annealing' ? await prepareAnnealing(folder, program) : name);
  writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), `study ${name}`, table));
  for (const picture of picturesOf(name)) copyPicture(name, picture);
}

/** The table of a study, which is trained unless it is. @param {string} study name or file */
function train(study) {
  const jobs = options.jobs === undefined ? [] : ['--jobs', options.jobs];
  return output(process.execPath, [program, 'study', study, '--markdown', '--folder', folder, ...jobs]);
}

/** Pictures that the document shows of a study. @param {string} name */
function picturesOf(name) {
  const shown = readFileSync(document, 'utf8').matchAll(new RegExp(`\\(images/paper/${name}-([\\w-]+)\\.svg\\)`, 'g'));
  return [...shown].map(([, picture]) => picture ?? '');
}

/** @param {string} name @param {string} picture */
function copyPicture(name, picture) {
  const drawn = join(folder, name, `${picture}.svg`);
  if (!existsSync(drawn)) throw new Error(`The study ${name} does not plot ${picture}`);
  copyFileSync(drawn, join(pictures, `${name}-${picture}.svg`));
}
