import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './pages.js';

/** A text of the sources; `…` stands for what is filled in when the program runs. */
export interface MessageText {
  readonly file: string;
  readonly text: string;
}

const folders = ['core', 'plugins', 'cli', 'presets'];

/** All texts that the sources of the program may print: strings, templates, and strings joined by +. */
export function messageTexts(): MessageText[] {
  return folders.flatMap(sourceFiles).flatMap((file) => textsOf(file, readFileSync(join(root, file), 'utf8')));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourceFiles(path);
    return /\.(?:ts|tsx|mjs)$/.test(entry.name) ? [path] : [];
  });
}

/** The texts of one source file, from its syntax: comments are no texts. */
export function textsOf(file: string, source: string): MessageText[] {
  const found: MessageText[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === undefined) ts.forEachChild(node, visit);
    else found.push({ file, text });
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return found;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined && right === undefined ? undefined : (left ?? '…') + (right ?? '…');
}
