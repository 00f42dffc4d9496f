import type { DeviceBuffer, Program } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import { formatType, sameShape } from '../../core/tensor/types.js';

/** Throws ORZ_PROGRAM_INPUT or ORZ_BUFFER_CONSUMED unless every input is named once, alive and of the declared type. Nothing is consumed then. */
export function checkInputs(program: Program & { readonly donated: ReadonlySet<string> }, inputs: Readonly<Record<string, DeviceBuffer>>): void {
  const names = program.inputs.map((spec) => spec.name);
  const fail = (message: string, value: unknown): never => {
    throw new OrzError('ORZ_PROGRAM_INPUT', `program "${program.label}": ${message}`, { value, allowed: names });
  };
  const unknown = Object.keys(inputs).find((name) => !names.includes(name));
  if (unknown !== undefined) fail(`it has no input "${unknown}"`, unknown);
  const donatedBuffers = new Set<DeviceBuffer>();
  for (const spec of program.inputs) {
    const buffer = inputs[spec.name];
    if (!buffer) return fail(`input "${spec.name}" is missing`, spec.name);
    if (!buffer.alive) throw new OrzError('ORZ_BUFFER_CONSUMED', `program "${program.label}": the buffer for input "${spec.name}" was released or donated`, { value: spec.name });
    if (buffer.dtype !== spec.dtype || !sameShape(buffer.shape, spec.shape)) fail(`input "${spec.name}" is ${formatType(spec)}, not ${formatType(buffer)}`, formatType(buffer));
    if (!program.donated.has(spec.name)) continue;
    if (donatedBuffers.has(buffer)) throw new OrzError('ORZ_BUFFER_CONSUMED', `program "${program.label}": one buffer is donated twice, the second time as "${spec.name}"`, { value: spec.name });
    donatedBuffers.add(buffer);
  }
}
