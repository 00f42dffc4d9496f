import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { chromium, type Browser, type BrowserContextOptions, type LaunchOptions, type Page } from 'playwright-core';
import { installLocked } from '../../cli/setup/npm.mjs';

/** A Chromium on this machine. */
export interface FoundBrowser {
  readonly executable: string;
  /** Variables it needs beside those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * A package with a headless Chromium and the libraries it needs, kept out of the project's own dependencies because few
 * machines need it.
 */
const packageFolder = fileURLToPath(new URL('../browser', import.meta.url));
const archives = join(packageFolder, 'node_modules', '@sparticuz', 'chromium', 'bin');
const unpacked = join(packageFolder, 'node_modules', '.unpacked');

/**
 * The browser to test with, or the reason why there is none, to be printed where tests are skipped: the one
 * ORZ_CHROMIUM names, one that is installed, or the one that the full suite brought along. Throws if ORZ_CHROMIUM names
 * nothing.
 */
export function findBrowser(): FoundBrowser | { readonly reason: string } {
  const named = process.env['ORZ_CHROMIUM'];
  if (named !== undefined && !existsSync(named)) throw new Error(`ORZ_CHROMIUM names no file: ${named}`);
  const executable = named ?? installed.find((path) => existsSync(path));
  if (executable !== undefined) return { executable, env: {} };
  if (existsSync(unpacked))
    return {
      executable: join(unpacked, 'chromium'),
      env: { LD_LIBRARY_PATH: join(unpacked, 'lib'), FONTCONFIG_FILE: join(unpacked, 'fonts.conf') },
    };
  return {
    reason:
      'no Chromium found; install one, or point ORZ_CHROMIUM at it (on Linux x64 the full suite installs one ' +
      'itself, given a network)',
  };
}

/**
 * Arguments with which Chromium has WebGPU on a machine without a GPU: computed by SwiftShader, which it brings along.
 */
export const softwareGpuFlags: readonly string[] = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** A browser on a loaded machine is slow; limits only find what hangs. */
const patienceMs = 600_000;

/**
 * Starts it without a window. The sandbox is off only for root, who cannot have one; with an empty LANG some builds
 * crash, in the locale C they name a language that is none. Close it when done.
 */
export function launchBrowser({ executable, env }: FoundBrowser, options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    timeout: patienceMs,
    ...options,
    env: { ...(process.env as Record<string, string>), LANG: 'en_US.UTF-8', ...env, ...options.env },
  });
}

/** A new page whose actions and waits have {@link patienceMs}. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(patienceMs);
  return page;
}

/** Installs the packaged browser if this machine has none and can run it. Says what it does and why it could not. */
export async function ensureBrowser(say: (line: string) => void): Promise<void> {
  if (!('reason' in findBrowser()) || process.platform !== 'linux' || process.arch !== 'x64') return;
  say('Installing a headless Chromium for the tests (some 70 MB, needs the network once) …');
  const { ok, output } = await installLocked(packageFolder);
  if (!ok) say(`${output.trim()}\nNo browser could be installed; the tests that need one are skipped.`);
  else unpack();
}

/**
 * Its archives are made for a place where everything lies in one folder; here too. Another process sees all of it or
 * nothing.
 */
function unpack(): void {
  const parts = `${unpacked}.${process.pid}`;
  mkdirSync(parts, { recursive: true });
  writeFileSync(join(parts, 'chromium'), brotliDecompressSync(readFileSync(join(archives, 'chromium.br'))), {
    mode: 0o755,
  });
  for (const name of ['fonts', 'swiftshader', 'al2023']) {
    const tar = spawnSync('tar', ['-x', '--no-same-owner', '-C', parts], {
      input: brotliDecompressSync(readFileSync(join(archives, `${name}.tar.br`))),
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    if (tar.status !== 0) throw new Error(`tar could not unpack ${name}`);
  }
  writeFileSync(
    join(parts, 'fonts.conf'),
    `<?xml version="1.0"?><fontconfig><dir prefix="relative">fonts</dir></fontconfig>`,
  );
  rmSync(unpacked, { recursive: true, force: true });
  renameSync(parts, unpacked);
}
