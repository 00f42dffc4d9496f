/** Long enough for a browser to start the download; the address keeps the bytes in memory until then. */
const revokeAfterMs = 60_000;

/** Offers bytes to the visitor as a download. */
export function saveFile(name: string, content: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'application/x-tar' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, revokeAfterMs);
}
