import { definePlugin, provide } from '../../core/plugin/define.js';
import { webgpuSettings } from './settings.js';
import { createWebGpuBackend } from './start.js';

export { adapterName, isSoftware } from './device/adapter-name.js';

/** Tensor programs on any GPU that speaks WebGPU, in Node and in a browser. */
export default definePlugin({
  name: 'backend-webgpu',
  provides: [
    provide('backend', 'webgpu', {
      description: 'WGSL kernels on any GPU: Vulkan, Metal, Direct3D 12, or a browser',
      settings: webgpuSettings,
      create: (settings) => createWebGpuBackend(settings),
    }),
  ],
});
