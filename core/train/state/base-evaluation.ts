import * as z from 'zod';
import type { Storage } from '../../contracts/storage.js';
import { checkpointFolder } from './checkpoint-names.js';
import { recordedFiles } from './recorded-files.js';
import { evaluationSchema } from './state.js';

/** The base checkpoint is complete before the base model has been evaluated, so the evaluation is stored next to it. */
const file = `${checkpointFolder}/base-evaluation.json`;

const schema = z.strictObject({ before: evaluationSchema, files: recordedFiles });

/** The evaluation before training, and the files of the run after it. */
export type BaseEvaluation = z.infer<typeof schema>;

export async function writeBaseEvaluation(storage: Storage, evaluation: BaseEvaluation): Promise<void> {
  await storage.write(file, `${JSON.stringify(evaluation)}\n`);
}

/** Undefined if the evaluation was not finished or cannot be read: it is then repeated. */
export async function readBaseEvaluation(storage: Storage): Promise<BaseEvaluation | undefined> {
  const bytes = await storage.read(file);
  if (bytes === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}
