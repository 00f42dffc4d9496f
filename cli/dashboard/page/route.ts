import { useEffect, useState } from 'preact/hooks';

/** The view; kept in the fragment of the address, so that it can be linked and the browser's history works. */
export type Route =
  | { readonly view: 'curves' }
  | { readonly view: 'responses' }
  | { readonly view: 'evaluations' }
  /** One response: run number, name of the file, index in its batch. */
  | { readonly view: 'response'; readonly run: number; readonly file: string; readonly index: number };

export function parseRoute(fragment: string): Route {
  const [, run, file, index] = /^#response\/(\d+)\/([^/]+)\/(\d+)$/.exec(fragment) ?? [];
  if (run !== undefined && file !== undefined && index !== undefined)
    return { view: 'response', run: Number(run), file: decoded(file), index: Number(index) };
  if (fragment === '#evaluations') return { view: 'evaluations' };
  return { view: fragment === '#responses' ? 'responses' : 'curves' };
}

export const linkTo = (run: number, file: string, index: number): string =>
  `#response/${run}/${encodeURIComponent(file)}/${index}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => {
      setFragment(location.hash);
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);
  return parseRoute(fragment);
}
