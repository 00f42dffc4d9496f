/// <reference types="@webgpu/types" />
import type { MatrixUnit, Target } from '../lower/unit.js';
import { isSoftware, matrixFeature } from './adapter.js';
import type { GpuLibrary } from './load-gpu.js';

/** Goes with {@link matrixFeature}. */
interface MatrixConfig {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly componentType: string;
  readonly resultComponentType: string;
}
interface AdapterInfo extends GPUAdapterInfo {
  readonly subgroupMatrixConfigs?: Iterable<MatrixConfig>;
}

/** What kernels are chosen by: limits and features of an opened device. */
export function capabilitiesOf(
  { gpu: { wgslLanguageFeatures } }: GpuLibrary,
  adapter: GPUAdapter,
  { limits, features }: GPUDevice,
): Omit<Target, 'precision'> {
  const subgroups =
    features.has('subgroups') && wgslLanguageFeatures.has('subgroup_id') && subgroupSizeOf(adapter.info) !== undefined;
  return {
    maxBindings: limits.maxStorageBuffersPerShaderStage,
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    largestBuffer: Math.floor(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize) / 256) * 256,
    isCpu: isSoftware(adapter),
    subgroups,
    matrixUnit:
      subgroups && features.has('shader-f16') && features.has(matrixFeature) ? matrixUnitOf(adapter.info) : undefined,
  };
}

/** The size of subgroups, unless it varies: then a kernel cannot rely on how many a workgroup has, and drivers have been seen to report another size than they use. */
const subgroupSizeOf = ({ subgroupMinSize, subgroupMaxSize }: AdapterInfo): number | undefined =>
  subgroupMinSize === subgroupMaxSize ? subgroupMinSize : undefined;

/** The largest unit for f16 with sums in f32. */
function matrixUnitOf(info: AdapterInfo): MatrixUnit | undefined {
  const fitting = [...(info.subgroupMatrixConfigs ?? [])].filter(
    (c) => c.componentType === 'f16' && c.resultComponentType === 'f32',
  );
  return fitting
    .map(({ M, N, K }) => ({ m: M, n: N, k: K, subgroupSize: subgroupSizeOf(info)! }))
    .sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k)[0];
}

/** The capabilities in words, for the log. */
export function describeTarget({ isCpu, subgroups, matrixUnit, precision, largestBuffer }: Target): string {
  const units = matrixUnit ? `, matrix units of ${matrixUnit.m} × ${matrixUnit.n} × ${matrixUnit.k}` : '';
  return `products of ${precision}${units && (precision === 'f16' && !isCpu ? units : `${units} unused`)}, ${subgroups ? 'subgroups' : 'no subgroups'}, buffers of up to ${Math.round(largestBuffer / 2 ** 20)} MiB`;
}
