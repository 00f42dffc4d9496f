/** What a terminal of `columns` columns shows after these writes: long lines wrap. Knows the sequences that we use. */
export function shown(written: readonly string[], columns = 80): string[] {
  const lines: string[] = [''];
  let row = 0;
  const newLine = () => {
    lines[++row] ??= '';
  };
  // eslint-disable-next-line no-control-regex -- reading control sequences is the point
  for (const [part] of written.join('').matchAll(/\u001b\[\??[\d;]*[A-Za-z]|\n|[^\u001b\n]+/g)) {
    const [, count, code] = /^.\[(\d*)([A-Za-z])$/.exec(part) ?? [];
    if (part === '\n') newLine();
    else if (code === 'A') row -= Number(count);
    else if (code === 'J') lines.splice(row, Infinity, '');
    else if (!part.startsWith('\u001b')) {
      for (const character of part) {
        if (lines[row]!.length >= columns) newLine();
        lines[row] += character;
      }
    }
  }
  return lines.filter((line) => line !== '');
}

/** A terminal that records what is written to it. */
export function recorder(columns = 80, rows = 24) {
  const written: string[] = [];
  return {
    written,
    output: {
      isTTY: true,
      columns,
      rows,
      write: (text: string) => {
        written.push(text);
      },
    },
  };
}
