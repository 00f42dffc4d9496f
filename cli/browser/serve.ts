import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { notFound, startWebServer, type HttpAnswer, type WebServer } from '../dashboard/web-server.js';
import { packageRoot } from '../setup/project.mjs';
import { pageNotBuilt } from './errors.js';

/** The static files of the page; any server can serve them. */
export const browserFolder = join(packageRoot, 'dist', 'browser');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The same as in index.html, which states it for servers that send no such header. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Serves the page that trains in a browser. Throws ORZ_USAGE if it cannot listen on the address. */
export async function startBrowserPage(options: { readonly host: string; readonly port: number }): Promise<WebServer> {
  const contents = await readFiles();
  return startWebServer({ ...options, policy }, (path) => contents.get(path) ?? notFound);
}

/** The answer for each path of the page. */
async function readFiles(): Promise<Map<string, HttpAnswer>> {
  const contents = new Map<string, HttpAnswer>();
  try {
    for (const name of await readdir(browserFolder)) {
      const type = types[extname(name)];
      const body = await readFile(join(browserFolder, name));
      if (type !== undefined) contents.set(`/${name}`, { status: 200, type, body });
    }
  } catch (cause) {
    throw pageNotBuilt(browserFolder, cause);
  }
  const page = contents.get('/index.html');
  if (page === undefined) throw pageNotBuilt(browserFolder, undefined);
  return contents.set('/', page);
}
