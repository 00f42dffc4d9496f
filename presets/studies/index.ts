import type { StudyInput } from '../../core/study/study.js';
import { gaeLambda } from './gae-lambda.js';

const studies: readonly StudyInput[] = [gaeLambda];

/** All studies by name, in the order in which they are listed. */
export const studyCatalog: ReadonlyMap<string, StudyInput> = new Map(studies.map((study) => [study.name, study]));
