/** Architecture of a decoder of the Qwen2 family. Field meanings follow Hugging Face `config.json` (its key in brackets). */
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
  /** Whether the output layer is the embedding matrix [tie_word_embeddings]. */
  readonly tieWordEmbeddings: boolean;
  /** Longest sequence the positions were made for [max_position_embeddings]. */
  readonly maxPositions: number;
}
