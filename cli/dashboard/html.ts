import { createHash } from 'node:crypto';
import type { PageAssets } from './assets.js';

/** What the pages may do: run their own script, show their own style, ask their own server. Nothing from elsewhere. */
export const serverPolicy = policy("script-src 'self'", "style-src 'self'", "connect-src 'self'");

function policy(...allowed: readonly string[]): string {
  return ["default-src 'none'", ...allowed, 'img-src data:', "base-uri 'none'", "form-action 'none'"].join('; ');
}

/** The page that asks a server for its data. */
export const serverPage = (): string =>
  page({
    title: 'orz-train dashboard',
    head: '<link rel="stylesheet" href="/page.css">',
    body: '<script src="/page.js"></script>',
  });

/**
 * The page with its data inside. Its own policy forbids every script and style but the two it holds, and every connection, so that
 * nothing in the data could do anything even if it were taken for markup.
 */
export function reportPage(title: string, data: unknown, { script, style }: PageAssets): string {
  if (/<\/script/i.test(script) || /<\/style/i.test(style)) throw new Error('the built page would end its own element');
  return page({
    title: escapeHtml(title),
    head: `<meta http-equiv="Content-Security-Policy" content="${policy(`script-src '${hash(script)}'`, `style-src '${hash(style)}'`)}"><style>${style}</style>`,
    body: `<script type="application/json" id="report">${embedJson(data)}</script><script>${script}</script>`,
  });
}

const page = ({
  title,
  head,
  body,
}: {
  readonly title: string;
  readonly head: string;
  readonly body: string;
}): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>${title}</title>${head}</head>
<body><div id="app"></div><noscript>These pages need JavaScript.</noscript>${body}</body></html>
`;

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as content of an element or of a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

/**
 * Data as JSON inside a script element. No `<` is left, so neither `</script>` nor `<!--` can occur; the two line separators that
 * scripts once could not hold are escaped too. JSON.parse gives back the same data.
 */
export const embedJson = (data: unknown): string =>
  JSON.stringify(data).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
