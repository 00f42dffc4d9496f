import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources: Readonly<Record<string, string>> = {
  'open-reasoner-zero': 'cli/index.ts',
  'open-reasoner-zero/browser': 'cli/browser/library/index.ts',
  'open-reasoner-zero/conformance': 'core/conformance/index.ts',
  'open-reasoner-zero/backends': 'cli/open-backend.ts',
  'open-reasoner-zero/math': 'plugins/reward-math/index.ts',
  vitest: 'node_modules/vitest/dist/index.d.ts',
};

/**
 * What the compiler says about files of users, by path, under the strict settings of this repository. The package is
 * found wherever they are.
 */
export function compile(files: readonly string[]): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      rootDir: '/',
      outDir: undefined,
      // Samples may be for a page.
      lib: ['ES2023', 'DOM', 'DOM.AsyncIterable'],
      noEmit: true,
      incremental: false,
      tsBuildInfoFile: undefined,
      declaration: false,
      sourceMap: false,
      noErrorTruncation: true,
      typeRoots: [join(root, 'node_modules/@types')],
      paths: Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, [join(root, path)]])),
    },
    root,
  );
  if (errors.length > 0) throw new Error(errors.map(textOf).join('\n'));
  const program = ts.createProgram([...files], options);
  return new Map(
    files.map((file) => [file, ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(textOf)]),
  );
}

const textOf = ({ file, start, messageText }: ts.Diagnostic): string => {
  const line = file === undefined ? '' : `${(file.getLineAndCharacterOfPosition(start ?? 0).line + 1).toString()}: `;
  return line + ts.flattenDiagnosticMessageText(messageText, '\n');
};
