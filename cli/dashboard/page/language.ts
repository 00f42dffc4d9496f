/**
 * Some browsers report an invalid language (`en-US@posix`, where the locale of the system is C). Formatting numbers
 * with it throws, and uPlot does so while it loads, so this must be imported before it.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
