/** Written by `npm run base-model`: the weights that come with the package, and what they were made with. */
export const shippedWeights = {
  folder: 'plugins/task-arithmetic/base-model',
  sha256: 'bff36ff02480944b19bd8413fc3ec12ab16e615f6063e61ab5fd86d930157f26',
  seed: 42,
  optimizer: '[["optimizer","adamw",{"beta1":0.9,"beta2":0.95,"epsilon":1e-8,"weightDecay":0}]]',
  extensions: 'x64 fma avx avx2 avx512f avx512_vnni',
};
