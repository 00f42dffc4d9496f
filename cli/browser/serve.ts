import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notFound, startWebServer, type HttpAnswer, type WebServer } from '../dashboard/web-server.js';
import { packageRoot } from '../setup/project.mjs';
import { pageNotBuilt } from './errors.js';

/** The static files of the page; any server can serve them. */
export const browserFolder = join(packageRoot, 'dist', 'browser');

const files: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/worker.js': ['worker.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
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
  const contents = new Map<string, HttpAnswer>();
  for (const [path, [name, type]] of Object.entries(files))
    contents.set(path, { status: 200, type, body: await contentOf(name) });
  return startWebServer({ ...options, policy }, (path) => contents.get(path) ?? notFound);
}

async function contentOf(name: string): Promise<Uint8Array> {
  const file = join(browserFolder, name);
  try {
    return await readFile(file);
  } catch (cause) {
    throw pageNotBuilt(file, cause);
  }
}
