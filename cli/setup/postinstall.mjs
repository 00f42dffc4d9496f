/**
 * What npm runs after installing the package: adds ONNX Runtime. Must never fail the installation: without network the
 * package still works with other backends, and a run that needs ONNX Runtime tries again.
 */
const say = (/** @type {string} */ line) => {
  console.error(line);
};
try {
  const { nodeVersionProblem } = await import('./node-version.mjs');
  const tooOld = nodeVersionProblem(process.version);
  if (tooOld !== undefined) say(tooOld);
  else {
    const { hasOnnxRuntime, installOnnxRuntime } = await import('./onnx-runtime.mjs');
    const { sayProblem } = await import('./problem.mjs');
    const problem = hasOnnxRuntime() ? undefined : await installOnnxRuntime();
    if (problem !== undefined)
      sayProblem({ ...problem, remedy: 'A run that needs it, or `npx orz-train setup`, tries again.' }, say);
  }
} catch (error) {
  say(`ONNX Runtime was not installed; \`npx orz-train setup\` tries again. ${/** @type {Error} */ (error).message}`);
}
