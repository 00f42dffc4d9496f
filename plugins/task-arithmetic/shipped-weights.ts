/** Written by `npm run base-models`: the weights that come with the package, and what they were made with. */
export const shippedWeights = {
  folder: 'plugins/task-arithmetic/base-models',
  seed: 42,
  optimizer: '[["optimizer","adamw",{"beta1":0.9,"beta2":0.95,"epsilon":1e-8,"weightDecay":0}]]',
  extensions: 'x64 fma avx avx2 avx512f avx512_vnni',
  sha256: {
    'arithmetic-base': 'bff36ff02480944b19bd8413fc3ec12ab16e615f6063e61ab5fd86d930157f26',
    'chain-base': '77d01b2720f4c5cce214cda43a0fd1828cb33beb5a8913fb562b4ad97bf23201',
  },
};
