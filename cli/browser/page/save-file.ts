/** Long enough for a browser to have begun; the address holds the bytes in memory until then. */
const keptMs = 60_000;

/** Hands bytes to the visitor as a download. */
export function saveFile(name: string, content: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'application/x-tar' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, keptMs);
}
