import type { Target } from '../lower/unit.js';
import type { KernelSource } from './source.js';

export type Operation = 'sum' | 'max';

/** What changes nothing, and two values as one. */
export const identity: Readonly<Record<Operation, string>> = { sum: '0.0', max: 'from_bits(0xff800000u)' };
export const combine = (operation: Operation, a: string, b: string): string =>
  operation === 'sum' ? `${a} + ${b}` : `max_f32(${a}, ${b})`;

/** No device has larger subgroups. */
const largestSubgroup = 128;

/**
 * Declares a sum or maximum over all `threads` invocations of a workgroup, which all of them must call, and gives the call for an expression. Its
 * value is the same for all, and its order of operations is fixed. Within a subgroup values are exchanged directly, beyond it through workgroup memory.
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
  source.declare(`var<workgroup> ${operation}_parts: array<f32, ${threads}>;
fn ${operation}_across(lane: u32, x: f32) -> f32 {
  ${operation}_parts[lane] = x;
  workgroupBarrier();
  for (var width = ${threads / 2}u; width > 0u; width /= 2u) {
    if (lane < width) { ${operation}_parts[lane] = ${combine(operation, `${operation}_parts[lane]`, `${operation}_parts[lane + width]`)}; }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&${operation}_parts[0]);
}`);
  return (x) => `${operation}_across(lane, ${x})`;
}

function bySubgroups(source: KernelSource, threads: number, operation: Operation): (x: string) => string {
  source.enable('subgroups');
  source.declare(`var<workgroup> ${operation}_parts: array<f32, ${threads / 4}>;
fn ${operation}_across(lane: u32, subgroup: u32, subgroup_lane: u32, size: u32, x: f32) -> f32 {
  var own = x;
  for (var distance = 1u; distance < size; distance *= 2u) {
    let other = subgroupShuffleXor(own, distance);
    own = ${combine(operation, 'own', 'other')};
  }
  if (subgroup_lane == 0u) { ${operation}_parts[subgroup] = own; }
  workgroupBarrier();
  if (lane == 0u) {
    for (var part = 1u; part < ${threads}u / size; part++) { own = ${combine(operation, 'own', `${operation}_parts[part]`)}; }
    ${operation}_parts[0] = own;
  }
  return workgroupUniformLoad(&${operation}_parts[0]);
}`);
  return (x) => `${operation}_across(lane, subgroup, subgroup_lane, subgroup_size, ${x})`;
}
