/** Extents of the products that a subgroup of a fixed size computes in one instruction: [m, k] × [k, n]. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly subgroupSize: number;
}

/** What the lowering has to know about a device. */
export interface Target {
  /** Storage buffers that one kernel can bind. */
  readonly maxBindings: number;
  /** Bytes that one buffer can hold and one binding can reach, a multiple of 256; longer tensors lie in several. */
  readonly largestBuffer: number;
  /**
   * A processor that pretends to be a GPU: workgroup memory is no faster, barriers are expensive, and one invocation
   * should do much.
   */
  readonly isCpu: boolean;
  /** Bytes of workgroup memory that a kernel can declare. */
  readonly workgroupBytes: number;
  /** Kernels may use subgroup operations. */
  readonly subgroups: boolean;
  /** Element type of the factors of products; sums are f32. */
  readonly precision: 'f32' | 'f16';
  /** Matrix units that multiply f16 and add in f32, where the device has them. */
  readonly matrixUnit: MatrixUnit | undefined;
}
