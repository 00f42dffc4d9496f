/** Seconds between two lines where a line cannot be redrawn. */
const plainInterval = 10;

/**
 * What progress is written to.
 * @typedef {{ readonly isTTY?: boolean, write(text: string): unknown }} ProgressOutput
 */

/**
 * Does `work` and says meanwhile what is done and for how long: on a terminal as one line with a clock, in a log as a
 * line now and then. The program cannot tell how long other programs take, so it promises no end.
 * @template T
 * @param {string} title what is done, for example `Compiling`
 * @param {() => Promise<T>} work
 * @param {ProgressOutput} [output]
 * @returns {Promise<T>}
 */
export async function withProgress(title, work, output = process.stderr) {
  const started = Date.now();
  const elapsed = () => Math.floor((Date.now() - started) / 1000);
  const redraws = output.isTTY === true && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;
  const show = (/** @type {string} */ text) => output.write(redraws ? `\r${text}\u001b[K` : `${text}\n`);
  show(`${title} …`);
  const timer = setInterval(
    () => {
      show(`${title} … ${clock(elapsed())}`);
    },
    redraws ? 1000 : 1000 * plainInterval,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (redraws) output.write(`\r${title}: ${clock(elapsed())}\u001b[K\n`);
    else if (elapsed() >= plainInterval) show(`${title}: ${clock(elapsed())}`);
  }
}

/** @param {number} seconds @returns {string} minutes and seconds: `1:05` */
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
