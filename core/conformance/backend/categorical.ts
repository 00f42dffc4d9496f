import { categorical } from '../../compute/tensor/ops.js';
import { elementAt } from '../../arrays.js';
import { requireDefined, type ConformanceCheck } from '../check.js';
import {
  agrees,
  f32,
  i32,
  namedCase,
  requireAgreement,
  runBoth,
  withBackend,
  Draw,
  type BackendUnderTest,
  type GraphCase,
  type Operand,
} from './harness.js';

interface Settings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly uniforms?: readonly number[];
}

/** Rows of logits, one token drawn from each under the same settings. */
function draws(name: string, logits: Operand, settings: Settings, draw: Draw): GraphCase {
  const rows = elementAt(logits.shape, 0);
  const all = (value: number): number[] => new Array<number>(rows).fill(value);
  const operands = {
    logits,
    uniforms: settings.uniforms ? f32([rows], settings.uniforms) : draw.f32([rows], 0, 1),
    temperature: f32([rows], all(settings.temperature ?? 1)),
    topP: f32([rows], all(settings.topP ?? 1)),
    topK: i32([rows], all(settings.topK ?? 0)),
  };
  return namedCase(name, operands, (inputs) => Object.values(categorical(inputs)));
}

const belowOne = 1 - 2 ** -24;
const row = (...logits: number[]): Operand => f32([1, logits.length], logits);

/** Drawing tokens: the same token as the definition for every cut, tie and extreme uniform. */
export const categoricalChecks = (test: BackendUnderTest): ConformanceCheck[] => [
  ...cutChecks(test),
  ...extremeChecks(test),
];

function cutChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'categorical draws what the definition draws', (draw) => [
      draws('plain', draw.f32([65, 33], -3, 3), {}, draw),
      draws('wide', draw.f32([3, 257], -3, 3), {}, draw),
      draws('cold', draw.f32([33, 31], -3, 3), { temperature: 0.3 }, draw),
      draws('hot', draw.f32([33, 31], -3, 3), { temperature: 5 }, draw),
      draws('top-k', draw.f32([65, 33], -1, 1), { topK: 3 }, draw),
      draws('top-p', draw.f32([65, 33], -3, 3), { topP: 0.7 }, draw),
      draws('top-k and top-p', draw.f32([65, 33], -1, 1), { topK: 7, topP: 0.2, temperature: 0.8 }, draw),
      draws('top-p of what top-k keeps', draw.f32([129, 33], -2, 2), { topK: 9, topP: 0.8 }, draw),
      draws('top-k beyond the vocabulary', draw.f32([33, 5]), { topK: 99 }, draw),
      draws('one token', draw.f32([3, 1]), {}, draw),
    ]),
    agrees(test, 'categorical at temperature 0 takes the most probable token, of equal ones the first', (draw) => [
      draws('greedy', draw.f32([3, 257], -3, 3), { temperature: 0 }, draw),
      draws(
        'ties',
        f32([3, 4], [1, 2, 2, 0, 3, 3, 3, 3, -5, -5, -4, -4]),
        { temperature: 0, uniforms: [0, 0.5, belowOne] },
        draw,
      ),
    ]),
    agrees(test, 'categorical keeps at least one token, and the lower ids of a tie', (draw) => [
      draws('top-p 0', draw.f32([33, 5]), { topP: 0 }, draw),
      draws(
        'tie at the edge of top-k',
        f32([4, 4], new Array<number>(16).fill(2)),
        { topK: 2, uniforms: [0, 0.3, 0.7, belowOne] },
        draw,
      ),
      draws(
        'tie at the edge of top-p',
        f32([4, 4], new Array<number>(16).fill(-1)),
        { topP: 0.6, uniforms: [0, 0.4, 0.7, belowOne] },
        draw,
      ),
    ]),
  ];
}

function extremeChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'categorical stays in range for any uniform', (draw) => [
      ...[0, belowOne, 1].flatMap((u) => [
        draws(`uniform ${u}`, draw.f32([1, 257], -3, 3), { uniforms: [u] }, draw),
        draws(`uniform ${u}, top-p`, draw.f32([1, 33], -3, 3), { uniforms: [u], topP: 0.5 }, draw),
        draws(`uniform ${u}, last tokens impossible`, row(0, 1, 0.5, -1e4, -1e4), { uniforms: [u] }, draw),
        draws(`uniform ${u}, first tokens impossible`, row(-1e4, -1e4, 1, 0), { uniforms: [u] }, draw),
      ]),
    ]),
    agrees(test, 'categorical of huge logits is certain', (draw) => [
      draws('±10,000', row(-1e4, 1e4, 0), { uniforms: [0.999] }, draw),
      draws('a cold difference', row(1, 1.5, 0), { uniforms: [0.5], temperature: 1e-3 }, draw),
      ...[1e-20, 1e-30, 1e-37, 1e-39, 1e-45].map((temperature) =>
        draws(`temperature ${temperature}`, draw.f32([9, 33], -30, 30), { temperature, topP: 0.9, topK: 7 }, draw),
      ),
    ]),
    withBackend(test, 'categorical gives the log-probability of the uncut distribution', async (backend) => {
      const logits = row(Math.log(0.5), Math.log(0.3), Math.log(0.2));
      const cut = draws('cut', logits, { topK: 2, uniforms: [0.9] }, new Draw('unused'));
      const [token, logprob] = (await runBoth(backend, cut)).actual;
      requireAgreement('token', requireDefined('the token', token), [1], 0);
      const expected = [Math.log(0.3)];
      requireAgreement('log-probability', requireDefined('its log-probability', logprob), expected, test.tolerance);
    }),
  ];
}
