/**
 * Makes buffers of 256 MiB until the device has no memory for another; prints the error, and what is left after
 * disposal. Started by faults.full.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { webgpuSettings } from '../../../dist/plugins/backend-webgpu/settings.js';
import { createWebGpuBackend } from '../../../dist/plugins/backend-webgpu/start.js';

const backend = await createWebGpuBackend(webgpuSettings.parse({}));
await backend.read(backend.create([1], 'f32'));
const used = 1024 * Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
spawnSync('prlimit', [`--pid=${process.pid}`, `--as=${used + 900 * 2 ** 20}`], { stdio: 'inherit' });
try {
  for (let i = 0; i < 4; i++) {
    backend.create([2 ** 26], 'f32');
    await backend.read(backend.create([1], 'f32'));
  }
} catch (error) {
  const { code, message } = /** @type {import('../../../dist/core/errors.js').OrzError} */ (error);
  console.log(code, message);
}
await backend.dispose();
console.log('allocated', backend.device.allocated.buffers, backend.device.allocated.bytes);
