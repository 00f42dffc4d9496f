import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OrzError } from '../../core/errors.js';
import { startWebServer, notFound, type Answer, type WebServer } from '../dashboard/web-server.js';
import { packageRoot } from '../setup/project.mjs';

/** The static files of the page; any server can serve them. */
export const browserFolder = join(packageRoot, 'dist', 'browser');

const files: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/worker.js': ['worker.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};

/** As in index.html, which states it for servers that send no headers. */
const policy =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

/** Serves the page that trains in a browser. Throws ORZ_USAGE if the address cannot be listened on. */
export async function startBrowserPage(options: { readonly host: string; readonly port: number }): Promise<WebServer> {
  const contents = new Map<string, Answer>();
  for (const [path, [name, type]] of Object.entries(files))
    contents.set(path, { status: 200, type, body: await contentOf(name) });
  return startWebServer({ ...options, policy }, (path) => contents.get(path) ?? notFound);
}

async function contentOf(name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(browserFolder, name));
  } catch (cause) {
    throw new OrzError('ORZ_INTERNAL', 'The page is not built', {
      origin: join(browserFolder, name),
      cause,
      remedy: 'In a checkout: npm run browser:build. In an installed package: please report this.',
    });
  }
}
