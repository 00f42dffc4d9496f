/// <reference types="@webgpu/types" />
import type { MatrixUnit, Target } from '../lower/target.js';
import { isSoftware } from './adapter-name.js';
import { matrixFeature } from './adapter.js';
import type { GpuLibrary } from './gpu-library.js';

/** An entry of what adapters with {@link matrixFeature} list. */
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

/** Limits and features of an opened device, by which kernels are chosen. */
export function capabilitiesOf(
  { gpu: { wgslLanguageFeatures } }: GpuLibrary,
  adapter: GPUAdapter,
  { limits, features }: GPUDevice,
): Omit<Target, 'precision'> {
  const subgroups =
    features.has('subgroups') && wgslLanguageFeatures.has('subgroup_id') && subgroupSizeOf(adapter.info) !== undefined;
  const hasMatrixUnit = subgroups && features.has('shader-f16') && features.has(matrixFeature);
  return {
    maxBindings: limits.maxStorageBuffersPerShaderStage,
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    largestBuffer: Math.floor(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize) / 256) * 256,
    isCpu: isSoftware(adapter),
    subgroups,
    matrixUnit: hasMatrixUnit ? matrixUnitOf(adapter.info) : undefined,
  };
}

/**
 * The size of subgroups, unless it varies: then a kernel cannot rely on how many a workgroup has, and drivers have been
 * seen to report another size than they use.
 */
const subgroupSizeOf = ({ subgroupMinSize, subgroupMaxSize }: AdapterInfo): number | undefined =>
  subgroupMinSize === subgroupMaxSize ? subgroupMinSize : undefined;

/** The largest unit for f16 with sums in f32, if subgroups have a fixed size. */
function matrixUnitOf(info: AdapterInfo): MatrixUnit | undefined {
  const subgroupSize = subgroupSizeOf(info);
  if (subgroupSize === undefined) return undefined;
  return [...(info.subgroupMatrixConfigs ?? [])]
    .filter((c) => c.componentType === 'f16' && c.resultComponentType === 'f32')
    .map(({ M, N, K }) => ({ m: M, n: N, k: K, subgroupSize }))
    .sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k)[0];
}

/** The capabilities in words, for the log. */
export function describeTarget({ isCpu, subgroups, matrixUnit, precision, largestBuffer }: Target): string {
  const parts = [`products of ${precision}`];
  if (matrixUnit) {
    const extents = `matrix units of ${matrixUnit.m} × ${matrixUnit.n} × ${matrixUnit.k}`;
    parts.push(precision === 'f16' && !isCpu ? extents : `${extents} unused`);
  }
  parts.push(subgroups ? 'subgroups' : 'no subgroups', `buffers of up to ${Math.round(largestBuffer / 2 ** 20)} MiB`);
  return parts.join(', ');
}
