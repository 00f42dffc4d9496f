/** The usual 16 colours of a dark terminal. */
const colors = [
  '#1c1f26',
  '#f07178',
  '#8fd17a',
  '#ffcb6b',
  '#7aa8f0',
  '#d399f0',
  '#7fdbe0',
  '#d5d8de',
  '#767d89',
  '#ff8b92',
  '#a6e58f',
  '#ffd98a',
  '#9cc0ff',
  '#e3b5ff',
  '#9df0f4',
  '#ffffff',
];

const escape = String.fromCharCode(27);
const controlCode = new RegExp(`(${escape}\\[[0-9;?]*[A-Za-z])`);

/**
 * A page that shows the text of a terminal with its colours (SGR codes: bold, dim, inverse, the 16 colours); other
 * control codes are left out.
 * @param {string} text
 * @returns {string}
 */
export function terminalPage(text) {
  let style = { bold: false, dim: false, inverse: false, color: '' };
  const html = text
    .replace(/\r/g, '')
    .split(controlCode)
    .map((part) => {
      const codes = part.startsWith(escape) && part.endsWith('m') ? part.slice(2, -1) : undefined;
      if (codes !== undefined) style = codes.split(';').map(Number).reduce(applied, style);
      return part.startsWith(escape) || part === '' ? '' : `<span style="${css(style)}">${escaped(part)}</span>`;
    })
    .join('');
  return `<!doctype html><meta charset="utf-8"><style>${styleSheet}</style><pre>${html}</pre>`;
}

const styleSheet = `
  body { margin: 0; padding: 14px 18px; background: #12151b; color: #d5d8de;
    font: 14px/1.35 ui-monospace, "DejaVu Sans Mono", monospace; }
  pre { margin: 0; font: inherit; }`;

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/** @param {{ bold: boolean, dim: boolean, inverse: boolean, color: string }} style @param {number} code */
function applied(style, code) {
  if (code === 0) return { bold: false, dim: false, inverse: false, color: '' };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 7 || code === 27) return { ...style, inverse: code === 7 };
  if (code === 39) return { ...style, color: '' };
  const color = code >= 30 && code <= 37 ? colors[code - 30] : code >= 90 && code <= 97 ? colors[code - 82] : undefined;
  return color === undefined ? style : { ...style, color };
}

/** @param {{ bold: boolean, dim: boolean, inverse: boolean, color: string }} style */
function css({ bold, dim, inverse, color }) {
  return [
    bold && 'font-weight: bold',
    dim && 'opacity: .65',
    inverse ? `background: ${color || '#d5d8de'}; color: #12151b` : color && `color: ${color}`,
  ]
    .filter(Boolean)
    .join('; ');
}
