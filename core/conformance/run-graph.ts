import type { Backend } from '../contracts/backend.js';
import { Graph, type Tensor } from '../compute/tensor/graph.js';
import { requireDefined, requireThat } from './check.js';

/** A compiled graph with host arrays going in and out. */
export interface HostProgram {
  /** Inputs by name, outputs by name; every buffer is released before this resolves. */
  run(inputs: Readonly<Record<string, Float32Array | Int32Array>>): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/**
 * Builds and compiles a graph of f32 outputs: how conformance suites evaluate graph functions on any
 * backend.
 */
export async function compileForHost(
  backend: Backend,
  label: string,
  build: (g: Graph) => Readonly<Record<string, Tensor>>,
): Promise<HostProgram> {
  const graph = new Graph(label);
  for (const [name, tensor] of Object.entries(build(graph))) graph.output(name, tensor);
  const program = await backend.compile(graph, { label });
  return {
    async run(inputs) {
      for (const { name } of program.inputs)
        requireThat(
          inputs[name] !== undefined,
          `"${label}" reads an input "${name}" that is not given`,
          Object.keys(inputs),
        );
      const buffers = Object.fromEntries(
        program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, inputs[name])]),
      );
      const outputs = await backend.submit(program, buffers);
      const results: Record<string, Float32Array> = {};
      for (const { name } of program.outputs) {
        const buffer = requireDefined(`the output "${name}"`, outputs[name]);
        results[name] = Float32Array.from(await backend.read(buffer));
      }
      for (const buffer of [...Object.values(buffers), ...Object.values(outputs)]) backend.release(buffer);
      return results;
    },
    release: () => program.release(),
  };
}
