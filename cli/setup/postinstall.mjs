/**
 * What npm runs after installing the package: adds ONNX Runtime. Must never fail the installation: without network the
 * package still works with other backends, and a run that needs ONNX Runtime tries again.
 */
try {
  const { nodeVersionProblem } = await import('./node-version.mjs');
  const problem = nodeVersionProblem(process.version);
  if (problem !== undefined) console.error(problem);
  else
    (await import('./onnx-runtime.mjs')).ensureOnnxRuntime((line) => {
      console.error(line);
    });
} catch (error) {
  console.error('ONNX Runtime was not installed; `npx orz-train setup` tries again.', error);
}
