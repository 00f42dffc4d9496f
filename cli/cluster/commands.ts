import { shellQuote } from '../../core/shell-quote.js';

/** A command line of this program as a user types it in a project that has installed it. */
export const orzCommand = (args: readonly string[]): string => ['npx', 'orz-train', ...args].map(shellQuote).join(' ');
