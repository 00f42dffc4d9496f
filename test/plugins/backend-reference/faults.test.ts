import { describe, expect, it } from 'vitest';
import type { Backend, DeviceBuffer, Program } from '../../../core/contracts/backend.js';
import { backendConformance } from '../../../core/conformance/backend.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';

/** A backend with one thing wrong: what a suite is worth shows in what it catches. */
type Fault = (sound: ReferenceBackend) => Partial<Backend>;

const faulty = (fault: Fault) => async (): Promise<Backend> => {
  const sound = new ReferenceBackend();
  const wrong = fault(sound);
  return {
    info: wrong.info ?? sound.info,
    create: wrong.create ?? ((...a) => sound.create(...a)),
    write: wrong.write ?? ((...a) => sound.write(...a)),
    read: wrong.read ?? ((b) => sound.read(b)),
    compile: wrong.compile ?? ((g, o) => sound.compile(g, o)),
    submit: wrong.submit ?? ((p, i) => sound.submit(p, i)),
    release: wrong.release ?? ((b) => sound.release(b)),
    memory: wrong.memory ?? (() => sound.memory()),
    dispose: () => sound.dispose(),
  };
};

type Inputs = Readonly<Record<string, DeviceBuffer>>;

/** Executes a program and lets `change` spoil one result before anyone sees it. */
const spoiled =
  (change: (data: TensorData, name: string) => TensorData): Fault =>
  (sound) => ({
    async submit(program: Program, inputs: Inputs) {
      const outputs = await sound.submit(program, inputs);
      for (const [name, buffer] of Object.entries(outputs)) sound.write(buffer, change(await sound.read(buffer), name));
      return outputs;
    },
  });

let executions = 0;
const faults: Record<string, { fault: Fault; caught: readonly string[] }> = {
  'a value off by one part in ten thousand': {
    fault: spoiled((data) => (data instanceof Float32Array ? data.map((v) => v * 1.0001) : data)),
    caught: [
      'matmul with every transposition, batch and odd extent',
      'adamW at the first and later steps, with scale and decay',
    ],
  },
  'a token off by one': {
    fault: spoiled((data) => (data instanceof Int32Array ? data.map((v) => v + 1) : data)),
    caught: ['categorical draws what the definition draws', 'cast converts bool, i32 and f32, cutting towards zero'],
  },
  'noise in the last bit': {
    fault: spoiled((data) => (data instanceof Float32Array ? data.map((v) => v + (executions++ % 2) * 1e-7) : data)),
    caught: ['two executions give equal bits, where the backend says so'],
  },
  'NaN made zero': {
    fault: spoiled((data) => data.map((v) => (Number.isFinite(v) ? v : 0))),
    caught: ['a NaN among the inputs reaches the results', 'infinities follow IEEE arithmetic'],
  },
  'writes that ignore the offset': {
    fault: (sound) => ({ write: (buffer, data) => sound.write(buffer, data) }),
    caught: ['write replaces a range'],
  },
  'donations that are not consumed': {
    fault: (sound) => ({ compile: (graph, { label }) => sound.compile(graph, { label }) }),
    caught: [
      'a donated buffer is dead, others live on',
      'a donated buffer cannot be another input as well',
      'memory counts live buffers and returns to the start',
    ],
  },
  'a leak': {
    fault: (sound) => ({
      submit: (program, inputs) => {
        sound.create([1], 'f32');
        return sound.submit(program, inputs);
      },
    }),
    caught: ['memory counts live buffers and returns to the start'],
  },
  'one handle for equal outputs': {
    fault: (sound) => ({
      async submit(program: Program, inputs: Inputs) {
        const outputs = await sound.submit(program, inputs);
        return 'same' in outputs && 'again' in outputs ? { ...outputs, again: outputs['same'] } : outputs;
      },
    }),
    caught: ['every output has memory of its own'],
  },
  'an update in place where others still read': {
    // What a runtime does that lets an output take over the memory of a donated input: the input changes under its
    // readers.
    fault: (sound) => ({
      async submit(program: Program, inputs: Inputs) {
        const first = program.inputs[0]!,
          output = program.outputs[0]!;
        const same =
          program.outputs.length > 1 &&
          first.dtype === 'f32' &&
          first.shape.join() === output.shape.join() &&
          output.dtype === 'f32';
        if (!same || !program.inputs.every(({ name }) => /^x\d$/.test(name))) return sound.submit(program, inputs);
        const before = await sound.read(inputs[first.name]!);
        const outputs = await sound.submit(program, {
          ...inputs,
          [first.name]: sound.create(first.shape, 'f32', before),
        });
        const after = await sound.submit(program, {
          ...inputs,
          [first.name]: sound.create(first.shape, 'f32', await sound.read(outputs[output.name]!)),
        });
        return { ...after, [output.name]: outputs[output.name]! };
      },
    }),
    caught: [
      'donation does not change an element-wise update beside earlier and later readers of x',
      'donation does not change an optimizer step whose old parameter is read as well',
    ],
  },
  'work out of order': {
    fault: (sound) => ({
      async submit(program: Program, inputs: Inputs) {
        await Promise.resolve();
        return sound.submit(program, inputs);
      },
    }),
    caught: ['work is done in the order of submission, and a later write does not reach back'],
  },
};

describe('the conformance suite of backends catches', () => {
  for (const [name, { fault, caught }] of Object.entries(faults)) {
    it(name, async () => {
      const suite = backendConformance(faulty(fault));
      for (const title of caught) {
        const check = suite.find((c) => c.title === title);
        expect(check, title).toBeDefined();
        await expect(check!.run(), title).rejects.toThrow();
      }
    });
  }
});
