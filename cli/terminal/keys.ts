/** The part of a keyboard stream that is needed. */
export interface KeyInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (data: Buffer | string) => void): unknown;
  off(event: 'data', listener: (data: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Calls `onKey` with each character typed, without waiting for a line end; returns what gives the keyboard back. Nothing happens where there is no keyboard. */
export function listenToKeys(input: KeyInput, onKey: (key: string) => void): () => void {
  if (input.isTTY !== true || !input.setRawMode) return () => undefined;
  const listener = (data: Buffer | string) => {
    for (const key of String(data)) onKey(key);
  };
  input.setRawMode(true);
  input.on('data', listener);
  input.resume();
  return () => {
    input.off('data', listener);
    input.setRawMode!(false);
    input.pause();
  };
}
