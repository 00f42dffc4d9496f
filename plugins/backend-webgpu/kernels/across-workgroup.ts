import type { Target } from '../lower/target.js';
import type { KernelSource } from './source.js';

export type Operation = 'sum' | 'max';

/** The value that changes nothing. */
export const identity: Readonly<Record<Operation, string>> = { sum: '0.0', max: 'from_bits(0xff800000u)' };
export const combine = (operation: Operation, a: string, b: string): string =>
  operation === 'sum' ? `${a} + ${b}` : `max_f32(${a}, ${b})`;

/** No device has larger subgroups. */
const largestSubgroup = 128;

/**
 * Declares a sum or maximum over all `threads` invocations of a workgroup, which all of them must call, and gives the
 * call for an expression. Its value is the same for all, and its order of operations is fixed. Within a subgroup values
 * are exchanged directly, beyond it through workgroup memory.
 */
export function acrossWorkgroup(
  source: KernelSource,
  { subgroups }: Pick<Target, 'subgroups'>,
  threads: number,
  operation: Operation,
): (x: string) => string {
  return subgroups && threads % largestSubgroup === 0
    ? bySubgroups(source, threads, operation)
    : byTree(source, threads, operation);
}

function byTree(source: KernelSource, threads: number, operation: Operation): (x: string) => string {
  const parts = `${operation}_parts`;
  source.declare(`var<workgroup> ${parts}: array<f32, ${threads}>;
fn ${operation}_across(lane: u32, x: f32) -> f32 {
  ${parts}[lane] = x;
  workgroupBarrier();
  for (var width = ${threads / 2}u; width > 0u; width /= 2u) {
    if (lane < width) {
      ${parts}[lane] = ${combine(operation, `${parts}[lane]`, `${parts}[lane + width]`)};
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&${parts}[0]);
}`);
  return (x) => `${operation}_across(lane, ${x})`;
}

function bySubgroups(source: KernelSource, threads: number, operation: Operation): (x: string) => string {
  const parts = `${operation}_parts`;
  source.enable('subgroups');
  source.declare(`var<workgroup> ${parts}: array<f32, ${threads / 4}>;
fn ${operation}_across(lane: u32, subgroup: u32, subgroup_lane: u32, size: u32, x: f32) -> f32 {
  var own = x;
  for (var distance = 1u; distance < size; distance *= 2u) {
    let other = subgroupShuffleXor(own, distance);
    own = ${combine(operation, 'own', 'other')};
  }
  if (subgroup_lane == 0u) { ${parts}[subgroup] = own; }
  workgroupBarrier();
  if (lane == 0u) {
    for (var part = 1u; part < ${threads}u / size; part++) {
      own = ${combine(operation, 'own', `${parts}[part]`)};
    }
    ${parts}[0] = own;
  }
  return workgroupUniformLoad(&${parts}[0]);
}`);
  return (x) => `${operation}_across(lane, subgroup, subgroup_lane, subgroup_size, ${x})`;
}
