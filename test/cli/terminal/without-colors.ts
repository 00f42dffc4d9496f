/** The text without colour sequences: whether there are any depends on where the tests run. */
export function withoutColors(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding control sequences is the point
  return text.replace(/\u001b\[\d+m/g, '');
}
