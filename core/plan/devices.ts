/** Accelerators that plans are compared with; published figures, dense (without sparsity). */
export interface AcceleratorFigures {
  readonly name: string;
  readonly memoryBytes: number;
  /** Operations per second in f32, and of the tensor cores in bf16. */
  readonly f32: number;
  readonly bf16: number;
}

/** From NVIDIA's data sheets: H100 (SXM), H200 (SXM), and the Ada architecture paper for the RTX 4090. */
export const accelerators: readonly AcceleratorFigures[] = [
  { name: 'RTX 4090', memoryBytes: 24e9, f32: 82.6e12, bf16: 165.2e12 },
  { name: 'H100', memoryBytes: 80e9, f32: 67e12, bf16: 989e12 },
  { name: 'H200', memoryBytes: 141e9, f32: 67e12, bf16: 989e12 },
];
