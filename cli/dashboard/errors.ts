import { OrzError } from '../../core/errors.js';

export const pagesNotBuilt = (cause: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The pages of the dashboard are not built', {
    origin: 'dist/cli/dashboard/page',
    cause,
    remedy: 'In a checkout, run npm run prepare. In an installed package, please report this.',
  });

export const noRunsBelow = (folder: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', 'There is no run below the current folder', {
    value: folder,
    origin: 'RUN_DIR',
    remedy: 'Name a run folder, or train first: orz-train',
  });

export const noRunIn = (path: string, folder: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no run in ${path}`, {
    value: folder,
    allowed: 'a folder with the config.json of a run',
    origin: 'RUN_DIR',
    remedy: 'Name the folder that orz-train printed when it started, for example runs/orz-tiny-….',
  });

export const malformedRollouts = (origin: string, cause: unknown): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `The file ${origin} cannot be read as responses: ${(cause as Error).message}`, {
    origin,
    cause,
    remedy: 'Remove the file if it is damaged; the rest of the run can be read without it.',
  });

export const cannotListen = (host: string, port: number, cause: NodeJS.ErrnoException): OrzError =>
  new OrzError('ORZ_USAGE', `Cannot listen on ${host}, port ${port}: ${cause.message}`, {
    value: cause.code,
    origin: cause.code === 'EADDRINUSE' ? '--port' : '--host',
    cause,
    remedy: 'Choose another --port, or an address of this machine as --host.',
  });
