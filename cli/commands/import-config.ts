import type { Source } from '../import-config/contracts.js';
import { unknownTrainer } from '../import-config/errors.js';
import { openrlhf } from '../import-config/openrlhf.js';
import { readForeign } from '../import-config/read.js';
import { translationText } from '../import-config/text.js';
import { translate } from '../import-config/translate.js';
import { trl } from '../import-config/trl.js';
import { verl } from '../import-config/verl.js';
import { exitCodes } from '../report-error.js';

const sources = new Map<string, Source>([
  ['trl', trl],
  ['openrlhf', openrlhf],
  ['verl', verl],
]);

/**
 * `orz-train import-config`: prints the configuration of another trainer as one of this project, with what became of
 * every setting. Returns the exit code. Throws ORZ_USAGE for an unknown trainer, ORZ_CONFIG_FILE for what cannot be
 * read.
 */
export async function importConfig(file: string, { from }: { readonly from?: string }): Promise<number> {
  const source = sources.get(from ?? '');
  if (source === undefined) throw unknownTrainer(from, [...sources.keys()]);
  const values = await readForeign(file, process.cwd());
  process.stdout.write(translationText(translate(source, values)));
  return exitCodes.ok;
}
