/**
 * Preloaded into a run on webgpu: destroys its device in the middle of the first update, between the optimizer steps of
 * two parameters.
 */
import { WebGpuBackend } from '../../dist/plugins/backend-webgpu/backend.js';

const { submit } = WebGpuBackend.prototype;
let updates = 0;
/** @type {typeof submit} */
WebGpuBackend.prototype.submit = function (program, inputs) {
  if (program.label.startsWith('adamw') && ++updates === 5) this.device.gpu.destroy();
  return submit.call(this, program, inputs);
};
