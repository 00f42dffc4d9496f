import { useEffect, useState } from 'preact/hooks';
import type { Theme } from '../shared/colors.js';

const query = matchMedia('(prefers-color-scheme: dark)');
const current = (): Theme => (query.matches ? 'dark' : 'light');

/** The theme that the system prefers; follows its changes. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState<Theme>(current);
  useEffect(() => {
    const follow = (): void => {
      setTheme(current());
    };
    query.addEventListener('change', follow);
    return () => {
      query.removeEventListener('change', follow);
    };
  }, []);
  return theme;
}

/** A colour of the style sheet, for canvases. */
export const styleColor = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
