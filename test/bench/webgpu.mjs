/**
 * The WebGPU backend on the adapter at hand: products, a block, decoding, and where the time goes, as shares of what
 * the same adapter can do.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { matmul, mul } from '../../dist/core/compute/tensor/ops.js';
import { createPpoClip } from '../../dist/plugins/loss-ppo/plugin.js';
import { Profiler } from '../../dist/plugins/backend-webgpu/device/profiler.js';
import { webgpuSettings } from '../../dist/plugins/backend-webgpu/settings.js';
import { createWebGpuBackend } from '../../dist/plugins/backend-webgpu/start.js';
import { measureAttention } from './attention.mjs';
import { openEngine, someTokens, trainingSequences } from './engines.mjs';
import { figure, percent, range, seconds, spread } from './measure.mjs';
import { halfBillionBlocks, middle, tiny, forwardOperations, trainingOperations } from './networks.mjs';
import { submissions } from './submissions.mjs';

/** @typedef {import('../../dist/plugins/backend-webgpu/backend.js').WebGpuBackend} WebGpuBackend */
/** @typedef {import('./measure.mjs').Spread} Spread */
/** @typedef {import('./table.mjs').Report} Report */
/** @typedef {readonly [m: number, k: number, n: number, transposed: 'AB' | 'ABᵀ' | 'AᵀB']} Shape */

/**
 * Below this rate of a product of 256 × 256 matrices, in operations per second, the adapter is a processor in disguise.
 */
const slow = 50e9;
/**
 * Shapes of a small model, and those of Qwen2.5-0.5B: forward, gradient of the input and gradient of the weight of its
 * widest layer, attention's projection, decoding, the head.
 */
const shapes = {
  small: /** @type {Shape[]} */ ([
    [256, 256, 256, 'AB'],
    [1024, 96, 256, 'ABᵀ'],
    [1024, 256, 96, 'AB'],
    [256, 1024, 96, 'AᵀB'],
    [16, 256, 256, 'ABᵀ'],
  ]),
  large: /** @type {Shape[]} */ ([
    [2048, 2048, 2048, 'AB'],
    [2048, 896, 4864, 'ABᵀ'],
    [2048, 4864, 896, 'AB'],
    [4864, 2048, 896, 'AᵀB'],
    [2048, 896, 896, 'ABᵀ'],
    [16, 896, 4864, 'ABᵀ'],
    [2, 896, 4864, 'ABᵀ'],
    [256, 896, 151_936, 'ABᵀ'],
  ]),
};
/** Networks with lengths of the sequences of a training step, and sequences decoded together. */
const networks = {
  small: [
    {
      label: 'orz-tiny',
      config: tiny,
      lengths: Array.from({ length: 16 }, () => 45),
      batch: 32,
      programs: /** @type {const} */ ('fused'),
    },
  ],
  large: [
    {
      label: 'orz-tiny',
      config: tiny,
      lengths: Array.from({ length: 56 }, () => 45),
      batch: 256,
      programs: /** @type {const} */ ('fused'),
    },
    {
      label: '8 layers of 512',
      config: middle,
      lengths: [512, 512, 512, 512],
      batch: 64,
      programs: /** @type {const} */ ('blocks'),
    },
    {
      label: 'Qwen2.5-0.5B blocks',
      config: halfBillionBlocks,
      lengths: [512, 512, 512, 512],
      batch: 64,
      programs: /** @type {const} */ ('blocks'),
    },
  ],
};
const responseLength = 32;

const precisions = /** @type {const} */ (['f32', 'f16']);
/** @typedef {typeof precisions[number]} Precision */
/**
 * @typedef {{ readonly shape: Shape, readonly precision: Precision, readonly rate: Spread, readonly form: string }}
 *   MeasuredProduct
 */

/**
 * @param {{ readonly adapter: string, readonly repeats: number, readonly python: string, readonly say: (line: string)
 *   => void }} options
 * @returns {Promise<Report[]>}
 */
export async function measureWebGpu({ adapter, repeats, python, say }) {
  /** @type {MeasuredProduct[]} */
  const products = [];
  const reports = [];
  /** @type {keyof typeof shapes | undefined} */
  let size;
  for (const precision of precisions) {
    const backend = await createWebGpuBackend(webgpuSettings.parse({ adapter, precision }));
    say([`adapter ${backend.info.device}`, ...backend.info.notes].join('; '));
    size ??= (await measureProduct(backend, [256, 256, 256, 'AB'], 2)).rate.median < slow ? 'small' : 'large';
    for (const shape of shapes[size]) {
      say(`product ${shape.join(' ')} ${precision}`);
      products.push({ shape, precision, ...(await measureProduct(backend, shape, repeats)) });
    }
    const peak = peakOf(products, precision);
    for (const network of networks[size]) {
      say(`network ${network.label} ${precision}`);
      reports.push(...(await measureNetwork(backend, network, { precision, peak, repeats })));
    }
    if (precision === precisions.at(-1)) {
      const bandwidth = await copyBandwidth(backend, size === 'small' ? 2 ** 22 : 2 ** 26, repeats);
      say('attention');
      reports.unshift(await measureAttention(backend, size, { peak: peakOf(products, 'f32'), bandwidth, repeats }));
      say('the same products in PyTorch');
      reports.unshift(productReport(backend, products, bandwidth, pytorchRates(python, shapes[size], repeats)));
    }
    await backend.dispose();
  }
  return reports;
}

/** @param {readonly MeasuredProduct[]} products @param {Precision} precision */
const peakOf = (products, precision) =>
  Math.max(...products.filter((p) => p.precision === precision).map(({ rate }) => rate.median));

/** @param {WebGpuBackend} backend @param {Shape} shape @param {number} repeats */
async function measureProduct(backend, [m, k, n, kind], repeats) {
  const transA = kind === 'AᵀB',
    transB = kind === 'ABᵀ';
  const { times, kernels } = await submissions(
    backend,
    (g) => matmul(g.input('a', transA ? [k, m] : [m, k]), g.input('b', transB ? [n, k] : [k, n]), { transA, transB }),
    repeats,
  );
  return {
    rate: spread(times.map((s) => (2 * m * k * n) / s)),
    form: kernels[0]?.replace(/^matmul (f16 )?\S+( Aᵀ)?( Bᵀ)? /, '') ?? '',
  };
}

/** @param {WebGpuBackend} backend @param {number} elements @param {number} repeats */
async function copyBandwidth(backend, elements, repeats) {
  return spread(
    (await submissions(backend, (g) => mul(g.input('x', [elements]), 1), repeats)).times.map((s) => (8 * elements) / s),
  );
}

/** Bytes of an element of a factor. */
const bytesOf = { f32: 4, f16: 2 };

/**
 * The same products in PyTorch, in the order of {@link precisions}; undefined if this Python has none.
 * @param {string} python @param {readonly Shape[]} list @param {number} repeats
 * @returns {{ readonly device: string, readonly rates: readonly Spread[] } | undefined}
 */
function pytorchRates(python, list, repeats) {
  const script = fileURLToPath(new URL('pytorch-products.py', import.meta.url));
  const { status, stdout } = spawnSync(python, [script, JSON.stringify({ shapes: list, precisions, repeats })], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0) return undefined;
  const { device, rates } = JSON.parse(stdout);
  return { device, rates: rates.flat().map(spread) };
}

/**
 * @param {WebGpuBackend} backend
 * @param {readonly MeasuredProduct[]} products
 * @param {Spread} bandwidth
 * @param {ReturnType<typeof pytorchRates>} peer
 * @returns {Report}
 */
function productReport(backend, products, bandwidth, peer) {
  return {
    name: 'webgpu-products',
    title: `Products on ${backend.info.device}`,
    columns: [
      'm × k × n',
      'operands',
      'factors',
      'computed',
      'GFLOP/s',
      'share of the peak',
      'share of the copy bandwidth',
      ...(peer ? ['PyTorch, GFLOP/s'] : []),
    ],
    rows: products.map(({ shape: [m, k, n, kind], precision, rate, form }, i) => [
      `${m} × ${k} × ${n}`,
      kind,
      precision,
      form,
      range(rate, (x) => figure(x / 1e9)),
      percent(rate.median / peakOf(products, precision)),
      percent(((bytesOf[precision] * (m * k + k * n) + 4 * m * n) * rate.median) / (2 * m * k * n) / bandwidth.median),
      ...(peer ? [peer.rates[i] ? figure(peer.rates[i].median / 1e9) : ''] : []),
    ]),
    notes: [
      `Copy bandwidth (reading and writing counted): ${range(bandwidth, (x) => figure(x / 1e9))} GB/s. Peak: the ` +
        'fastest of these products with factors of the type. Each figure is the median of submissions in a row, ' +
        'with the extremes. Computed directly: straight from memory, as on processors; else in tiles of workgroup ' +
        'memory, or by matrix units.',
      'Sums and results are f32. Making the f16 form of the factors is not part of these figures: that of a ' +
        'weight is kept until the next update; that of other factors is in the tables of the networks.',
      peer ? `Beside them: ${peer.device}.` : 'PyTorch was not found; name a Python that has it with --python.',
    ],
  };
}

/**
 * @param {WebGpuBackend} backend
 * @param {{ readonly label: string, readonly config: import('../../dist/core/compute/nn/config.js').DecoderConfig,
 *   readonly lengths: readonly number[], readonly batch: number, readonly programs: 'fused' | 'blocks' }} network
 * @param {{ readonly precision: Precision, readonly peak: number, readonly repeats: number }} device
 * @returns {Promise<Report[]>}
 */
async function measureNetwork(backend, { label, config, lengths, batch, programs }, { precision, peak, repeats }) {
  const engine = await openEngine(backend, config, { programs });
  const sequences = trainingSequences(config, lengths, 13),
    loss = createPpoClip();
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: responseLength, stop: [], stopTokens: [] };
  await engine.sampler.sync(engine.policy);
  const sample = () =>
    engine.sampler.sample([{ promptTokens: someTokens(13, config.vocabSize, 0), count: batch, settings, key: [0] }]);
  /**
   * @type {readonly { readonly name: string, readonly tokens: number, readonly operations: number, readonly work: () =>
   *   Promise<unknown> }[]}
   */
  const phases = [
    {
      name: 'forward',
      tokens,
      operations: forwardOperations(config, lengths),
      work: () => engine.policy.forward(sequences),
    },
    {
      name: 'forward and backward',
      tokens,
      operations: trainingOperations(config, lengths),
      work: () => engine.policy.accumulate(sequences, loss),
    },
    {
      name: `decoding, batch ${batch}`,
      tokens: batch * responseLength,
      operations: forwardOperations(
        config,
        Array.from({ length: batch }, () => responseLength),
      ),
      work: sample,
    },
  ];
  const rows = [],
    shares = [];
  for (const { name, tokens: count, operations, work } of phases) {
    await work();
    const times = [];
    for (let i = 0; i < repeats; i++) times.push(await seconds(work));
    const rate = spread(times.map((s) => operations / s)).median;
    rows.push([name, range(spread(times.map((s) => count / s)), figure), figure(rate / 1e9), percent(rate / peak)]);
    shares.push(...(await kernelShares(backend, name, work)));
  }
  await engine.dispose();
  return [
    {
      name: `webgpu-${label}-${precision}`,
      title: `${label}, factors of ${precision}, on ${backend.info.device}`,
      columns: ['phase', 'tokens/s', 'GFLOP/s', 'share of the product peak'],
      rows,
      notes: [
        `${lengths.length} sequences of ${lengths[0]} tokens in training; responses of ${responseLength} in ` +
          'decoding, whole calls of the sampler. Padding and what is computed twice are not counted as operations.',
      ],
    },
    {
      name: `webgpu-kernels-${label}-${precision}`,
      title: `Kernels of ${label}, factors of ${precision}`,
      columns: ['phase', 'kernels', 'dispatches', 'share of device time', 'ms'],
      rows: shares,
      notes: [
        'One run of the phase as in the table above (decoding: the whole call of the sampler), with timestamps of ' +
          'the device around every kernel, for which each gets a pass of its own: the sum may exceed the time of an ' +
          'undisturbed run. Products are summed over shapes.',
      ],
    },
  ];
}

/** Kinds of kernels by how their labels begin. */
const kernelKinds = /** @type {const} */ ([
  [/^matmul/, 'matmul'],
  [/^sum of \d+ parts/, 'matmul, parts added up'],
  [/^to f16/, 'to f16'],
  [/^attention gradient/, 'attention gradient'],
  [/^attention/, 'attention'],
  [/^decode attention/, 'decode attention'],
  [/^sum/, 'sum'],
  [/^max/, 'max'],
  [/^categorical/, 'categorical'],
  [/^adamW/, 'adamW'],
  [/^cache write/, 'cache write'],
  [/^copy/, 'copy'],
  [/^(link|add) \d+/, 'rows added up'],
]);

/**
 * The device time of one run of `work`, by kind of kernel.
 * @param {WebGpuBackend} backend
 * @param {string} phase
 * @param {() => Promise<unknown>} work
 */
async function kernelShares(backend, phase, work) {
  if (!backend.device.gpu.features.has('timestamp-query')) return [[phase, 'the device has no timestamps', '', '', '']];
  backend.device.profiler = new Profiler(backend.device.gpu);
  await work();
  const times = await backend.device.profiler.collect();
  backend.device.profiler = undefined;
  const total = times.reduce((sum, t) => sum + t.seconds, 0);
  /** @type {Map<string, { dispatches: number, seconds: number }>} */
  const kinds = new Map();
  for (const { label, seconds: s } of times) {
    const kind = kernelKinds.find(([pattern]) => pattern.test(label))?.[1] ?? 'element-wise';
    const sum = kinds.get(kind) ?? { dispatches: 0, seconds: 0 };
    kinds.set(kind, { dispatches: sum.dispatches + 1, seconds: sum.seconds + s });
  }
  return [...kinds]
    .sort(([, a], [, b]) => b.seconds - a.seconds)
    .slice(0, 8)
    .map(([kind, { dispatches, seconds: s }]) => [
      phase,
      kind,
      String(dispatches),
      percent(s / total),
      figure(s * 1000),
    ]);
}
