import { isAbsolute, relative, sep } from 'node:path';

/** Whether `path` lies below the folder `root`, by their names alone. */
export function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}
