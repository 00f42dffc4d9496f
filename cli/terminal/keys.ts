/** The part of an input stream that reading single keys needs. */
export interface KeyInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (data: Buffer | string) => void): unknown;
  off(event: 'data', listener: (data: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/**
 * Calls `onKey` with each character typed, without waiting for the end of a line, until the function that it returns is
 * called. Does nothing where there is no keyboard.
 */
export function listenToKeys(input: KeyInput, onKey: (key: string) => void): () => void {
  if (input.isTTY !== true || !input.setRawMode) return () => undefined;
  const setRawMode = input.setRawMode.bind(input);
  const listener = (data: Buffer | string) => {
    for (const key of String(data)) onKey(key);
  };
  setRawMode(true);
  input.on('data', listener);
  input.resume();
  return () => {
    input.off('data', listener);
    setRawMode(false);
    input.pause();
  };
}
