import { builtinModules } from 'node:module';
import { dirname, posix } from 'node:path';
import ts from 'typescript';
import { importCycles, importGraph } from './import-graph.mjs';
import { importedModule, parse, parseTree } from './source-files.mjs';

/**
 * What may import what; paths have `/` and are relative to the repository.
 * - core: only core and packages; nothing of Node or of a device, no global that only Node has, no console. It must run
 *   in a browser.
 * - plugins: core, packages, and files of the same plugin; never another plugin.
 * - presets: core, packages, and presets.
 * - cli: core, packages, presets, cli, and of plugins only what registers them: `plugins/NAME/plugin.js` and
 *   `plugins/NAME/SOMETHING-plugin.js`.
 * - No files import each other in a cycle, types included.
 */
const topFolders = ['core', 'plugins', 'presets', 'cli'];
const nodeModules = new Set([
  ...builtinModules,
  'onnxruntime-node',
  'onnxruntime-common',
  'webgpu',
  'jiti',
  'cosmiconfig',
  'commander',
  'picocolors',
]);
/** The file of a plugin that declares it. */
const registration = /^plugins\/[\w-]+\/([\w-]+-)?plugin\.js$/;
const nodeGlobals = new Set(['process', 'Buffer', 'require', '__dirname', '__filename', 'setImmediate', 'console']);

/**
 * Every rule that one file breaks, as `file:line: message`.
 * @param {string} file path relative to the repository, with `/`
 * @param {string} text
 * @returns {string[]}
 */
export const violationsIn = (file, text) => violationsOf(file, parse(file, text));

/** @param {string} file @param {ts.SourceFile} source */
function violationsOf(file, source) {
  /** @type {string[]} */
  const found = [];
  const report = (/** @type {ts.Node} */ node, /** @type {string} */ message) => {
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}: ${message}`);
  };
  const visit = (/** @type {ts.Node} */ node) => {
    const specifier = importedModule(node);
    if (specifier !== undefined) {
      const problem = importProblem(file, specifier);
      if (problem !== undefined) report(node, problem);
    } else if (file.startsWith('core/') && ts.isIdentifier(node) && isNodeGlobal(node)) {
      report(node, `core uses ${node.text}, which a browser does not have or which talks to a console`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Every broken rule in the tree below `root`.
 * @param {string} root
 */
export function violationsInTree(root) {
  const sources = parseTree(root, topFolders);
  const directions = [...sources].flatMap(([file, source]) => violationsOf(file, source));
  const cycles = importCycles(importGraph(sources)).map(
    (cycle) => `files import each other in a cycle: ${cycle.join(', ')}`,
  );
  return [...directions, ...cycles];
}

/** @param {string} file @param {string} specifier @returns {string | undefined} */
function importProblem(file, specifier) {
  const top = file.split('/')[0] ?? '';
  if (!specifier.startsWith('.')) {
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    if (top === 'core' && (specifier.startsWith('node:') || nodeModules.has(name)))
      return `core imports '${specifier}', which a browser does not have`;
    return undefined;
  }
  const target = posix.normalize(posix.join(dirname(file), specifier));
  const into = target.split('/')[0] ?? '';
  if (into === top && (top !== 'plugins' || target.split('/')[1] === file.split('/')[1])) return undefined;
  if (into === 'core' && top !== 'core') return undefined;
  if (top === 'cli' && into === 'plugins')
    return registration.test(target) ? undefined : `cli imports from inside a plugin: ${target}`;
  if (top === 'cli' && topFolders.includes(into)) return undefined;
  return into === 'plugins' && top === 'plugins'
    ? `a plugin imports another plugin: ${target}`
    : `${top} imports ${target}`;
}

/**
 * Whether a name stands for the global, and not for a property, a declaration or a key that happens to be called so.
 * @param {ts.Identifier} node
 */
function isNodeGlobal(node) {
  if (!nodeGlobals.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  const named = /** @type {{ name?: ts.Node }} */ (/** @type {unknown} */ (parent));
  return named.name !== node;
}
