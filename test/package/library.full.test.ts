import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import ts from 'typescript';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notFound, startWebServer, type WebServer } from '../../cli/dashboard/web-server.js';
import { packageRoot } from '../../cli/setup/project.mjs';
import { readTar } from '../cli/browser/read-tar.js';
import { samplesOf } from '../docs/pages.js';
import { findBrowser, launchBrowser, openPage } from '../support/browser.js';
import { installForStranger, type Outcome, type StrangersFolder } from './stranger.js';

const found = findBrowser();
if ('reason' in found) console.error(`skipped: ${found.reason}`);

/** Iterations enough that a signal after the first finds the run still going. */
const iterations = { node: 120, page: 8 };
/** Sizes that end in seconds, in place of the iterations of the samples. */
const small = (
  count: number,
): string => `iterations: ${count}, rolloutBatchSize: 4, samplesPerPrompt: 4, maxResponseTokens: 12,
  criticUpdateSteps: 1,
  model: { layers: 1, steps: 10, warmupSteps: 5, tokensPerStep: 128, hiddenSize: 16, heads: 2, intermediateSize: 32 },
  evaluation: { every: 0, problems: 16 }`;

/** A program of docs/library.md, with the given settings in place of its iterations. */
function program(file: string, count: number): string {
  const text = samplesOf('docs/library.md').find((sample) => sample.file === file)?.text ?? '';
  expect(text.trim().split('\n').length).toBeLessThanOrEqual(30);
  expect(text).toContain('iterations: 20');
  return text.replace('iterations: 20', small(count));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

let stranger: StrangersFolder;
let folder: string;
beforeAll(async () => {
  stranger = await installForStranger({ type: 'module' });
  ({ folder } = stranger);
  writeFileSync(join(folder, 'program.ts'), program('program.ts', iterations.node));
  writeFileSync(join(folder, 'page.ts'), program('page.ts', iterations.page));
});
afterAll(() => {
  stranger.remove();
});

/** What the compiler says about files of the stranger, libraries included. */
function compile(files: readonly string[], options: ts.CompilerOptions): string[] {
  const compiled = ts.createProgram(
    files.map((file) => join(folder, file)),
    {
      target: ts.ScriptTarget.ES2023,
      strict: true,
      skipLibCheck: false,
      typeRoots: [join(packageRoot, 'node_modules', '@types')],
      ...options,
    },
  );
  const { diagnostics } = compiled.emit();
  return [...ts.getPreEmitDiagnostics(compiled), ...diagnostics].map(({ file, messageText }) =>
    [file?.fileName, ts.flattenDiagnosticMessageText(messageText, '\n')].join(': '),
  );
}

describe('types, libraries checked too', () => {
  const nodeNext = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const inNode = { types: ['node'], lib: ['lib.es2023.d.ts'] };
  const inBrowsers = { types: [], lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'] };

  it.each([
    ['program.ts', 'NodeNext', { ...nodeNext, ...inNode }],
    ['program.ts', 'bundler', { ...bundler, ...inNode }],
    ['page.ts', 'NodeNext', { ...nodeNext, ...inBrowsers }],
    ['page.ts', 'bundler', { ...bundler, ...inBrowsers }],
  ])('of %s hold under %s resolution', (file, _, options) => {
    expect(compile([file], { ...options, strict: true })).toEqual([]);
  });

  it('of every entry of the package hold', () => {
    const { exports } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { exports: object };
    const entries = Object.keys(exports).filter((name) => name !== './package.json');
    const imports = entries.map(
      (name, i) => `export * as entry${i} from '${name.replace('.', 'open-reasoner-zero')}';`,
    );
    writeFileSync(join(folder, 'all.ts'), imports.join('\n'));
    expect(compile(['all.ts'], { ...nodeNext, types: ['node'], lib: inBrowsers.lib })).toEqual([]);
  });
});

describe('the program of docs/library.md', () => {
  /** Runs it, and interrupts it after an iteration if asked to. */
  const run = (args: readonly string[], interrupt: boolean): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['program.js', ...args], { cwd: folder, env: stranger.env });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data: Buffer) => {
        stdout += data.toString();
        if (interrupt && /^1 #*$/m.test(stdout)) child.kill('SIGINT');
      });
      child.stderr.on('data', (data: Buffer) => {
        stderr += data.toString();
      });
      child.on('close', (status) => {
        resolve({ status, stdout, stderr });
      });
    });

  it('draws its reward, stops on a signal and resumes to the bytes of the command line', async () => {
    const stopped = await run([], true);
    expect(stopped.stderr).toContain('ORZ_INTERRUPTED');
    const resumed = await run(['--resume'], false);
    expect([resumed.status, resumed.stderr]).toEqual([0, '']);
    expect(`${stopped.stdout}${resumed.stdout}`.match(/^\d+ #*$/gm)?.map((line) => parseInt(line, 10))).toEqual(
      upTo(iterations.node),
    );

    writeFileSync(
      join(folder, 'orz.config.ts'),
      `import { defineConfig } from 'open-reasoner-zero';
      export default defineConfig({ preset: 'orz-tiny', advantage: { lambda: 0.95 }, ${small(iterations.node)} });`,
    );
    const { status, stderr } = stranger.orzTrain('--run-dir', 'runs/command-line');
    expect([status, stderr]).toEqual([0, '']);
    const weights = (name: string): Buffer =>
      readFileSync(join(folder, 'runs', name, 'checkpoints', 'final', 'policy', 'model.safetensors'));
    expect(weights('mine').equals(weights('command-line'))).toBe(true);
  });
});

const html = (head: string): string => `<!doctype html><meta charset="utf-8">${head}
<button id="start">Start</button> <button id="stop">Stop</button> <a id="save">Save</a> <pre id="curve"></pre>`;

/** Types of what a page is made of. */
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The package's folder for browsers and the compiled program, as a server without a bundler has them. */
async function sitePlain(site: string): Promise<void> {
  cpSync(join(stranger.installed, 'dist', 'browser'), join(site, 'orz'), { recursive: true });
  copyFileSync(join(folder, 'page.js'), join(site, 'page.js'));
  const map = JSON.stringify({ imports: { 'open-reasoner-zero/browser': './orz/index.js' } });
  const head = `<script type="importmap">${map}</script><script type="module" src="./page.js"></script>`;
  writeFileSync(join(site, 'index.html'), html(head));
}

/** What Vite makes of the program. */
async function siteBundled(site: string): Promise<void> {
  writeFileSync(join(folder, 'index.html'), html('<script type="module" src="/page.ts"></script>'));
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    base: './',
    build: { outDir: site, emptyOutDir: true, target: 'es2022' },
  });
}

describe.skipIf('reason' in found).each([
  ['without a bundler', 'plain', sitePlain],
  ['bundled by Vite', 'bundled', siteBundled],
] as const)('the page of docs/library.md, %s', (_, name, make) => {
  let server: WebServer;
  beforeAll(async () => {
    const site = join(folder, `site-${name}`);
    mkdirSync(site);
    await make(site);
    server = await startWebServer(
      { host: '127.0.0.1', port: 0, policy: "script-src 'self' 'unsafe-inline'" },
      (path) => {
        const file = join(site, path === '/' ? 'index.html' : path);
        const type = types[extname(file)];
        return type !== undefined && existsSync(file) ? { status: 200, type, body: readFileSync(file) } : notFound;
      },
    );
  });
  afterAll(() => server.close());

  it('draws its reward, stops, and resumes to the bytes of a run that was never stopped', async () => {
    if ('reason' in found) return;
    const browser = await launchBrowser(found);
    try {
      const policies = await Promise.all([true, false].map((stops) => trainedPolicy(browser, server.url, stops)));
      expect(policies[0]!.byteLength).toBeGreaterThan(1000);
      expect(Buffer.compare(policies[0]!, policies[1]!)).toBe(0);
    } finally {
      await browser.close();
    }
  });
});

/** The final policy of the page, which is stopped in between and goes on if `stops`. */
async function trainedPolicy(browser: Awaited<ReturnType<typeof launchBrowser>>, url: string, stops: boolean) {
  const page = await openPage(browser);
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(url);
  // Its button works once the page knows its GPU.
  const ready = () => page.evaluate(`document.querySelector('#start').onclick !== null`);
  await expect.poll(ready).toBe(true);
  const curve = (text: string) => expect.poll(() => page.textContent('#curve')).toContain(text);
  await page.click('#start');
  if (stops) {
    await curve('1 ');
    await page.click('#stop');
    await curve('ORZ_INTERRUPTED');
    await page.click('#start');
  }
  await curve('finished');
  expect(complaints).toEqual([]);
  expect((await page.textContent('#curve'))?.match(/^\d+ #*$/gm)?.map((line) => parseInt(line, 10))).toEqual(
    upTo(iterations.page),
  );
  const archive = await page.evaluate<number[]>(
    `fetch(document.querySelector('#save').href).then(async (saved) => [...new Uint8Array(await saved.arrayBuffer())])`,
  );
  return readTar(Uint8Array.from(archive)).get('orz-run/checkpoints/final/policy/model.safetensors')!;
}
