/**
 * Architecture of a decoder of the Llama kind: Qwen2, Qwen3 and Llama differ only in the facts named here. Fields mean
 * the same as in Hugging Face `config.json` (its key in brackets).
 */
export interface DecoderConfig {
  readonly vocabSize: number;
  /** Width of the residual stream D [hidden_size]. */
  readonly hiddenSize: number;
  readonly layers: number;
  /** Query heads; a multiple of `kvHeads`. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the SwiGLU feed-forward [intermediate_size]. */
  readonly intermediateSize: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** How rotary frequencies are changed for sequences longer than in the first training; absent: not at all. */
  readonly ropeScaling?: RopeScaling;
  /**
   * Which projections of attention have a bias: q, k and v (Qwen2); these and the output (attention_bias of Llama and
   * Qwen3); or none.
   */
  readonly attentionBias: 'none' | 'qkv' | 'all';
  /** Whether queries and keys are normalised per head before they are rotated (Qwen3). */
  readonly qkNorm: boolean;
  /** Whether the output layer is the embedding matrix [tie_word_embeddings]. */
  readonly tieWordEmbeddings: boolean;
  /** Maximum sequence length in tokens [max_position_embeddings]. */
  readonly maxPositions: number;
}

/** Scaling of Llama 3.1: long wavelengths are multiplied by `factor`, short ones kept, those between are blended. */
export interface RopeScaling {
  readonly type: 'llama3';
  readonly factor: number;
  /**
   * Wavelengths above `originalMaxPositions / lowFrequencyFactor` are scaled, those below
   * `originalMaxPositions / highFrequencyFactor` kept.
   */
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalMaxPositions: number;
}
