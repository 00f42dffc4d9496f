import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadOnnxRuntime, locateOnnxRuntime, runtimeFolder } from '../../../plugins/backend-onnx/runtime-folder.js';
import { packageRoot } from '../../../cli/setup/project.mjs';
import { temporaryFolder } from '../../cli/temporary-folder.js';

/**
 * A project with our package installed, asking for ONNX Runtime 1.30.0, and copies of other versions beside it or in
 * our own folder.
 */
function project(versions: { readonly beside?: string; readonly own?: string }) {
  const top = realpathSync(temporaryFolder());
  const root = join(top, 'node_modules', 'open-reasoner-zero');
  const folder = join(root, 'plugins', 'backend-onnx', 'runtime');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { 'onnxruntime-node': '1.30.0' } }));
  for (const [version, where] of [
    [versions.beside, top],
    [versions.own, folder],
  ] as const) {
    if (version === undefined) continue;
    const copy = join(where, 'node_modules', 'onnxruntime-node');
    mkdirSync(copy, { recursive: true });
    writeFileSync(join(copy, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version, main: 'index.js' }));
    writeFileSync(join(copy, 'index.js'), '');
  }
  return { top, folder, locate: () => locateOnnxRuntime(root, folder) };
}

describe('where ONNX Runtime is', () => {
  it('our own folder, if the project has none', () => {
    const { folder, locate } = project({ own: '1.30.0' });
    expect(locate()).toEqual({
      entry: join(folder, 'node_modules', 'onnxruntime-node', 'index.js'),
      version: '1.30.0',
    });
  });

  it('the copy of the project wins if it has the tested version, and that is said', () => {
    const { top, locate } = project({ own: '1.30.0', beside: '1.30.0' });
    expect(locate()).toMatchObject({
      entry: join(top, 'node_modules', 'onnxruntime-node', 'index.js'),
      note: expect.stringContaining('own ONNX Runtime'),
    });
  });

  it('a copy of another version is passed over, and that is said', () => {
    const { folder, locate } = project({ own: '1.30.0', beside: '1.20.1' });
    expect(locate()).toMatchObject({
      entry: expect.stringContaining(folder),
      note: expect.stringMatching(/1\.20\.1 is not used.*1\.30\.0/),
    });
  });

  it('nowhere', () => {
    expect(project({}).locate()).toBeUndefined();
    expect(project({ beside: '1.20.1' }).locate()).toBeUndefined();
  });

  it('our own folder lies in the package root, from the sources as from dist', () => {
    expect(runtimeFolder()).toBe(join(packageRoot, 'plugins', 'backend-onnx', 'runtime'));
  });

  it('what is installed has the version that is asked for, and loads', async () => {
    const { ort, version } = await loadOnnxRuntime();
    expect([version, typeof ort.InferenceSession.create]).toEqual(['1.30.0', 'function']);
  });
});
