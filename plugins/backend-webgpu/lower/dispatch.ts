/** Workgroups along each axis. */
export type Workgroups = readonly [number, number, number];

/** Largest number of workgroups along one axis that every device allows. */
export const maxWorkgroups = 65_535;

/**
 * Workgroups for `count` items along one axis, folded into two where one is too short; the shader takes
 * x + y · {@link maxWorkgroups}.
 */
export const gridOf = (count: number): Workgroups =>
  count <= maxWorkgroups ? [count, 1, 1] : [maxWorkgroups, Math.ceil(count / maxWorkgroups), 1];

/** Number of buffers that a tensor of `elements` elements lies in. */
export const buffersOf = (elements: number, largestBuffer: number): number => Math.ceil((4 * elements) / largestBuffer);
