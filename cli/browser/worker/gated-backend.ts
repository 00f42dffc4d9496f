import type { Backend } from '../../../core/contracts/backend.js';
import type { Plugin, Provider } from '../../../core/plugin/define.js';
import type { Gate } from './gate.js';

/** Bytes that the backend's buffers take now, and the maximum so far. */
export interface BufferMemory {
  bytes: number;
  peakBytes: number;
}

/** The same plugin; its backends wait at the gate before each program and report the size of their buffers. */
export function gated(plugin: Plugin, gate: Gate, memory: BufferMemory): Plugin {
  const wrap = (provider: Provider): Provider => ({
    ...provider,
    create: async (settings, context) =>
      gatedBackend((await provider.create(settings, context)) as Backend, gate, memory),
  });
  return { ...plugin, provides: plugin.provides.map(wrap) };
}

function gatedBackend(backend: Backend, gate: Gate, memory: BufferMemory): Backend {
  return {
    info: backend.info,
    create: (shape, dtype, data) => backend.create(shape, dtype, data),
    write: (buffer, data, offset) => {
      backend.write(buffer, data, offset);
    },
    read: (buffer) => backend.read(buffer),
    compile: (graph, options) => backend.compile(graph, options),
    submit: async (program, inputs) => {
      await gate.pass();
      const outputs = await backend.submit(program, inputs);
      memory.bytes = backend.memory().bytes;
      memory.peakBytes = Math.max(memory.peakBytes, memory.bytes);
      return outputs;
    },
    release: (buffer) => {
      backend.release(buffer);
    },
    memory: () => backend.memory(),
    dispose: () => backend.dispose(),
  };
}
