/**
 * Some browsers name a language that is none (`en-US@posix`, where the system's locale is C), and whoever formats numbers with it throws;
 * uPlot does so while it loads. To be imported before it.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
