/** Problems of the released scripts: the 57k collection, and the three held-out sets evaluated during training. */
export const orzData = {
  type: 'files',
  train: ['data/orz_math_57k_collected.json'],
  evaluation: {
    math500: 'data/eval_data/math500.json',
    aime2024: 'data/eval_data/aime2024.json',
    gpqa_diamond: 'data/eval_data/gpqa_diamond.json',
  },
};
