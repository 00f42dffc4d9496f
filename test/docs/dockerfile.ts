import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pages.js';

/** One instruction of a Dockerfile: `RUN npm ci` in stage `build`. */
export interface Instruction {
  /** Name of the stage; empty before the first. */
  readonly stage: string;
  readonly name: string;
  /** What follows the name, continuation lines joined. */
  readonly text: string;
}

/** The instructions of docs/container/Dockerfile in their order, without comments. */
export function readDockerfile(): Instruction[] {
  const lines = readFileSync(join(root, 'docs/container/Dockerfile'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  let stage = '';
  return lines.map((line) => {
    const [, name = '', text = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === 'FROM') stage = / AS (\S+)$/.exec(text)?.[1] ?? '';
    return { stage, name, text };
  });
}
