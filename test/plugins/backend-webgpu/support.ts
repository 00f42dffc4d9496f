import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import type { Target } from '../../../plugins/backend-webgpu/lower/target.js';
import { webgpuSettings } from '../../../plugins/backend-webgpu/settings.js';
import { createWebGpuBackend } from '../../../plugins/backend-webgpu/start.js';
import { findSoftwareAdapter, useInThisProcess } from '../../support/software-adapter.js';

const adapter = findSoftwareAdapter();
if (!('reason' in adapter)) useInThisProcess(adapter);

/** Why WebGPU cannot be tested here, printed where tests are skipped; undefined if it can. */
export const skipReason = 'reason' in adapter ? adapter.reason : undefined;
if (skipReason !== undefined) console.log(`Skipped: WebGPU. ${skipReason}`);

/** Variables under which another process uses the adapter. */
export const adapterEnv = 'reason' in adapter ? {} : adapter.env;

export const startWebGpu = (target: Partial<Target> = {}): Promise<WebGpuBackend> =>
  createWebGpuBackend(webgpuSettings.parse({}), target);
