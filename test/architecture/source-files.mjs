import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Every TypeScript and JavaScript file below a folder, as a path with `/` relative to `root`, sorted.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function sourceFiles(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourceFiles(root, path);
      return /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
    });
}

/**
 * A file as a syntax tree whose nodes know their parents.
 * @param {string} file
 * @param {string} text
 */
export const parse = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

/**
 * Every source file below some folders, as syntax trees by path relative to `root`.
 * @param {string} root
 * @param {readonly string[]} folders
 * @returns {Map<string, ts.SourceFile>}
 */
export function parseTree(root, folders) {
  const files = folders.flatMap((folder) => sourceFiles(root, folder));
  return new Map(files.map((file) => [file, parse(file, readFileSync(join(root, file), 'utf8'))]));
}

/**
 * What a file imports, as it is written there: static and dynamic imports, re-exports, types.
 * @param {ts.SourceFile} source
 * @returns {string[]}
 */
export function importsOf(source) {
  /** @type {string[]} */
  const found = [];
  const visit = (/** @type {ts.Node} */ node) => {
    const specifier = importedModule(node);
    if (specifier !== undefined) found.push(specifier);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The module that a node imports, if it is an import. @param {ts.Node} node @returns {string | undefined} */
export function importedModule(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier.text
      : undefined;
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)
      ? node.argument.literal.text
      : undefined;
  }
  const first =
    ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined;
  return first !== undefined && ts.isStringLiteralLike(first) ? first.text : undefined;
}
