import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './setup/project.mjs';

/** Name and version of this program, for files that say what wrote them. */
export function producer(): string {
  const { name, version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return `${name} ${version}`;
}
