import { createHash } from 'node:crypto';
import type { PageAssets } from './assets.js';

/** What the pages may do: execute their own script, use their own style, ask their own server; nothing else. */
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

/** The data of a page; what they show is told by the id. */
export interface EmbeddedData {
  readonly id: 'report' | 'evaluations';
  readonly data: unknown;
}

/**
 * The page with its data embedded. Its policy forbids every script and style but its own, and every connection, so that
 * the data could do nothing even if it were taken for markup.
 */
export function reportPage(title: string, embedded: EmbeddedData, { script, style }: PageAssets): string {
  if (/<\/script/i.test(script) || /<\/style/i.test(style))
    throw new Error('The built page would close its own element');
  const allowed = policy(`script-src '${hash(script)}'`, `style-src '${hash(style)}'`);
  return page({
    title: escapeHtml(title),
    head: `<meta http-equiv="Content-Security-Policy" content="${allowed}"><style>${style}</style>`,
    body: `${embeddedElement(embedded)}<script>${script}</script>`,
  });
}

/** A page of plain markup: nothing in it is executed, and only its own style and images within it are used. */
export const staticPage = (title: string, style: string, markup: string): string => {
  const allowed = policy(`style-src '${hash(style)}'`);
  const head = `<meta http-equiv="Content-Security-Policy" content="${allowed}"><style>${style}</style>`;
  return document({ title: escapeHtml(title), head, body: markup });
};

const embeddedElement = ({ id, data }: EmbeddedData): string =>
  `<script type="application/json" id="${id}">${embedJson(data)}</script>`;

interface PageParts {
  readonly title: string;
  readonly head: string;
  readonly body: string;
}

/** A page that its script fills. */
const page = ({ body, ...parts }: PageParts): string =>
  document({ ...parts, body: `<div id="app"></div><noscript>These pages need JavaScript.</noscript>${body}` });

const document = ({ title, head, body }: PageParts): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>${head}</head>
<body>${body}</body></html>
`;

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const entities = [
  ['&', '&amp;'], // First, because the others contain it.
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
] as const;

/** Text as the content of an element or of a quoted attribute. */
export const escapeHtml = (text: string): string =>
  entities.reduce((escaped, [character, entity]) => escaped.replaceAll(character, entity), text);

/**
 * Data as JSON inside a script element. No `<` is left, so neither `</script>` nor `<!--` can occur; the two line
 * separators that scripts could not contain in the past are escaped too. JSON.parse returns the same data.
 */
export const embedJson = (data: unknown): string =>
  JSON.stringify(data).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
