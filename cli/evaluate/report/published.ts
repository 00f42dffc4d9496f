/** A row that somebody published: percent by the name of the benchmark. */
export interface PublishedRow {
  readonly model: string;
  readonly source: string;
  readonly scores: Readonly<Record<string, number>>;
}

const orz = 'Hu et al. 2025, arXiv 2503.24290';
const finalModels = `${orz}, table 4: mean of 16 responses`;
const general = `${orz} v1, table 3`;

/** Accuracy on mathematics and GPQA Diamond of 4 models of Open-Reasoner-Zero and of what they are compared with. */
const reasoning = (model: string, source: string, scores: readonly (number | null)[]): PublishedRow => {
  const names = ['aime2024', 'aime2025', 'math500', 'gpqa-diamond'];
  const known = names.flatMap((name, i) => (typeof scores[i] === 'number' ? [[name, scores[i]] as const] : []));
  return { model, source, scores: Object.fromEntries(known) };
};

const knowledge = (model: string, mmlu: number, mmluPro: number): PublishedRow => ({
  model,
  source: general,
  scores: { mmlu, 'mmlu-pro': mmluPro },
});

/** Figures of the paper and of its peers, as published; none has an interval. */
export const publishedRows: readonly PublishedRow[] = [
  reasoning('Open-Reasoner-Zero 0.5B', finalModels, [1.0, 0.2, 31.0, 12.1]),
  reasoning('Open-Reasoner-Zero 1.5B', finalModels, [3.5, 1.0, 58.0, 16.8]),
  reasoning('Open-Reasoner-Zero 7B', finalModels, [17.9, 15.6, 81.4, 36.6]),
  reasoning('Open-Reasoner-Zero 32B', finalModels, [48.1, 36.0, 92.2, 55.5]),
  reasoning('DeepSeek-R1-Zero-Qwen 32B', finalModels, [47.0, null, 91.6, 55.0]),
  reasoning('QwQ 32B Preview', `${orz} v1, table 4`, [50.0, 33.5, 90.6, 54.5]),
  reasoning('DAPO-Qwen 32B, as its authors report', `${orz} v2, table 1`, [50.0]),
  reasoning('DAPO-Qwen 32B, evaluated by Open-Reasoner-Zero', `${orz} v2, table 1`, [48.3, 37.9, 71.8, 16.0]),
  knowledge('Qwen2.5 32B', 83.3, 55.1),
  knowledge('Qwen2.5 32B Instruct', 83.2, 69.2),
  knowledge('DAPO-Qwen 32B', 79.7, 64.5),
  knowledge('Open-Reasoner-Zero 32B', 84.9, 74.4),
];
