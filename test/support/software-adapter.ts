import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A Vulkan driver that computes on the CPU, so that WebGPU can be tested without a GPU: Chromium's SwiftShader.
 * Debian's `chromium` package has it together with a Vulkan loader, and so has the browser that the full suite installs
 * where there is none.
 */
export interface SoftwareAdapter {
  /** The driver's manifest. */
  readonly driver: string;
  /** Variables under which a new process uses it. */
  readonly env: Readonly<Record<string, string>>;
}

const packaged = fileURLToPath(new URL('../browser/node_modules/.unpacked/vk_swiftshader_icd.json', import.meta.url));
const manifests = [
  process.env['VK_DRIVER_FILES'],
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  packaged,
];

/** The software adapter of this machine, or the reason why there is none, to be printed where tests are skipped. */
export function findSoftwareAdapter(): SoftwareAdapter | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: 'the SwiftShader Vulkan driver is looked for on Linux only' };
  const driver = manifests.find((path) => path !== undefined && existsSync(path));
  if (driver === undefined)
    return {
      reason:
        'no SwiftShader Vulkan driver found; install chromium, or point VK_DRIVER_FILES at its vk_swiftshader_icd.json',
    };
  const folders = [dirname(driver), process.env['LD_LIBRARY_PATH']].filter(Boolean);
  return { driver, env: { VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: folders.join(':') } };
}

/** Makes the adapter usable in this process. Call it before ONNX Runtime or another user of Vulkan is loaded. */
export function useInThisProcess(adapter: SoftwareAdapter): void {
  process.env['VK_DRIVER_FILES'] = adapter.driver;
  const loader = join(dirname(adapter.driver), 'libvulkan.so.1');
  if (!existsSync(loader)) return; // The system's own loader will do.
  try {
    // LD_LIBRARY_PATH is read when a process starts, too late here. A library that is loaded already is found by name.
    process.dlopen({ exports: {} }, loader, keepLoaded);
  } catch {
    // It is no Node addon, which Node notices after having loaded it.
  }
}

/** RTLD_NOW and RTLD_NODELETE of Linux. */
const keepLoaded = 0x2 | 0x1000;
