import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import { readAnywhere, type Kernel } from '../lower/kernel.js';
import type { Value } from '../lower/value.js';
import { workgroupsPerElement } from './source.js';

/** Rounds f32 to bf16 stochastically, two numbers per invocation; see `toBf16` in the operations. */
export function toBf16(node: Node, inputs: readonly Value[], outputs: readonly Value[]): Kernel[] {
  const [x, key] = inputs as [Value, Value],
    output = elementAt(outputs, 0),
    count = sizeOf(elementAt(node.inputs, 0).shape);
  return [
    {
      label: `to bf16 ${count}`,
      reads: readAnywhere([x, key]),
      writes: [output],
      elements: output.size,
      workgroups: workgroupsPerElement(output.size),
      write: (source) => {
        const part = (index: number): string => `u32(${source.load(key, `${index}u`)})`;
        const rounded = (index: string, bits: string): string => `round_bf16(${source.load(x, index)}, ${bits})`;
        // The last word of an odd number of elements has a half that stays 0.
        const last = rounded(`min(2u * i + 1u, ${count - 1}u)`, 'bits >> 16u');
        source.perElement(
          output.size,
          `let words = philox(vec4u(i / 4u, ${part(2)}, ${part(3)}, 0u), vec2u(${part(0)}, ${part(1)}));
let bits = words[i % 4u];
let first = ${rounded('2u * i', 'bits & 0xffffu')};
let second = select(0u, ${last}, 2u * i + 1u < ${count}u);
${source.store(output, 'i', 'i32(first | (second << 16u))')}`,
        );
      },
    },
  ];
}
