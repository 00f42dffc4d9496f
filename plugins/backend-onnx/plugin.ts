import { definePlugin, provide } from '../../core/plugin/define.js';
import { onnxSettings } from './settings.js';

export { locateOnnxRuntime } from './runtime-folder.js';

/**
 * Tensor programs on ONNX Runtime: CPU, CUDA or WebGPU. The backend is imported only when it is created, so that the
 * command line can ask where ONNX Runtime is without loading any of it.
 */
export default definePlugin({
  name: 'backend-onnx',
  provides: [
    provide('backend', 'onnx', {
      description: 'ONNX Runtime on the CPU, or on a GPU through CUDA or WebGPU',
      settings: onnxSettings,
      create: async (settings) => (await import('./start.js')).createOnnxBackend(settings),
    }),
  ],
});
