import { definePlugin, provide } from '../../core/plugin/define.js';
import { onnxSettings } from './settings.js';

/**
 * Tensor programs on ONNX Runtime: CPU, CUDA or WebGPU. The backend is imported only when it is created, so that
 * listing plugins loads nothing of ONNX Runtime.
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
