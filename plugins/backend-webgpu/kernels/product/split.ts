import { readAnywhere } from '../../lower/kernel.js';
import { storing, type Producer } from '../../lower/unit.js';
import { temporary, type Value } from '../../lower/value.js';
import { workgroupsPerElement } from '../source.js';

/**
 * A producer whose sums come in `splits` parts that lie behind one another: they are stored and added up in their order
 * by a second kernel.
 */
export function addParts(parts: Producer, splits: number, output: Value): Producer {
  const partial = temporary(`${output.name} in parts`, splits * parts.size);
  const first = storing({ ...parts, label: `${parts.label} in ${splits} parts`, output: partial });
  return {
    label: `sum of ${splits} parts`,
    size: parts.size,
    output,
    reads: readAnywhere([partial]),
    before: [first],
    workgroups: workgroupsPerElement(parts.size),
    write: (source) =>
      source.perElement(
        parts.size,
        `var total = ${source.load(partial, 'i')};
for (var part = 1u; part < ${splits}u; part++) { total += ${source.load(partial, `part * ${parts.size}u + i`)}; }
finish(i, total);`,
      ),
  };
}
