import { definePlugin, provide } from '../../core/plugin/define.js';
import { onnxSettings } from './settings.js';
import { createOnnxBackend } from './start.js';

/** Tensor programs on ONNX Runtime: CPU, CUDA or WebGPU. */
export default definePlugin({
  name: 'backend-onnx',
  provides: [
    provide('backend', 'onnx', {
      description: 'ONNX Runtime on the CPU, or on a GPU through CUDA or WebGPU',
      settings: onnxSettings,
      create: (settings) => createOnnxBackend(settings),
    }),
  ],
});
