import { build, buildIsCurrent } from './build.mjs';
import { installDependencies, missingDependencies } from './dependencies.mjs';
import { hasOnnxRuntime, installOnnxRuntime } from './onnx-runtime.mjs';
import { problemOf, sayProblem } from './problem.mjs';
import { withProgress } from './progress.mjs';
import { isCheckout, packageRoot } from './project.mjs';

/**
 * Brings a checkout to the point where everything runs: packages, ONNX Runtime, build. Does nothing and needs no
 * network when all is there. In an installed package only `dist` exists and nothing is to be done. Without ONNX Runtime
 * the rest still works, so its absence is said and not fatal here; a run that needs it says so again.
 * @param {Parameters<typeof build>[0]} options what the build must hold
 * @returns {Promise<boolean>} whether the program can start
 */
export async function bootstrap(options) {
  if (!isCheckout) return true;
  const say = (/** @type {string} */ line) => {
    console.error(line);
  };
  try {
    const problem = await prepare(options, say);
    if (problem !== undefined) sayProblem(problem, say);
    return problem === undefined;
  } catch (error) {
    // A folder that cannot be written to, a full disk: what the system says is enough.
    sayProblem(problemOf(`${packageRoot} could not be prepared`, /** @type {Error} */ (error).message), say);
    return false;
  }
}

/**
 * @param {Parameters<typeof build>[0]} options
 * @param {(line: string) => void} say
 * @returns {Promise<import('./problem.mjs').Problem | undefined>}
 */
async function prepare(options, say) {
  const missing = missingDependencies(packageRoot).length;
  if (missing > 0) {
    const title = `Installing ${missing} packages (needs the network once)`;
    const problem = await withProgress(title, () => installDependencies(packageRoot));
    if (problem !== undefined) return problem;
  }
  const withoutOnnx = hasOnnxRuntime() ? undefined : await installOnnxRuntime();
  if (withoutOnnx !== undefined) sayProblem(withoutOnnx, say);
  return options.clean === true || !buildIsCurrent(options) ? build(options) : undefined;
}
