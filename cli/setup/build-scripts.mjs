import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from './project.mjs';

/** As the compiler has it in tsconfig.json: what it includes, less what it excludes. */
const folders = ['core', 'plugins', 'presets', 'cli'];
const excluded =
  /(?:^|[\\/])node_modules[\\/]|^plugins[\\/][^\\/]+[\\/]runtime[\\/]|^cli[\\/](?:dashboard|browser)[\\/]page[\\/]/;

/** The sources that become files of `dist`, by their paths in the package. */
export const sourceFiles = () =>
  folders.flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => /\.(?:ts|mjs)$/.test(path) && !excluded.test(path)),
  );

/**
 * Translates every source file to `dist`, one by one and in a second, where the compiler takes ten: it checks no types
 * and writes no declarations. The sources allow it, because they mark imports of types and name what they inject.
 * @returns {Promise<string | undefined>} the messages of esbuild, with file and line, if there are errors
 */
export async function buildScripts() {
  const esbuild = /** @type {typeof import('esbuild')} */ (createRequire(import.meta.url)('esbuild'));
  const files = sourceFiles();
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: packageRoot,
    outdir: 'dist',
    outbase: '.',
    tsconfig: 'tsconfig.json',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    charset: 'utf8',
    sourcemap: true,
    logLevel: 'silent',
  };
  const modules = (/** @type {string} */ path) => path.endsWith('.mjs');
  try {
    await esbuild.build({ ...common, entryPoints: files.filter((path) => !modules(path)) });
    await esbuild.build({ ...common, entryPoints: files.filter(modules), outExtension: { '.js': '.mjs' } });
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}
