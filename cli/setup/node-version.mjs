/** The oldest Node this package runs on: major and minor. */
const oldest = /** @type {const} */ ([20, 19]);

/**
 * A message if `version` (like `v20.19.0`) is too old, else undefined. Only old syntax here: this file must load on old
 * Node.
 * @param {string} version
 * @returns {string | undefined}
 */
export function nodeVersionProblem(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return (
    'open-reasoner-zero needs Node ' +
    oldest.join('.') +
    ' or newer; this is ' +
    version +
    ' (' +
    process.execPath +
    ').\n' +
    'Install a current version from https://nodejs.org or with your version manager (for example: nvm install 24), ' +
    'then try again.'
  );
}

/** Ends the process with a clear message on a Node that is too old. */
export function requireNode() {
  const problem = nodeVersionProblem(process.version);
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}
