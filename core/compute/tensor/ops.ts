/** All operations of the tensor engine, as free functions over tensors. */
export * from './ops/elementwise.js';
export * from './ops/shape.js';
export * from './ops/linear.js';
export * from './ops/rows.js';
export * from './ops/neural.js';
export * from './ops/attention.js';
export * from './ops/optimizer.js';
export * from './ops/sampling.js';
export * from './ops/storage.js';
