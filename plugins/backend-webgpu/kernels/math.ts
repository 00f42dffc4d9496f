interface MathFunction {
  /** Names of the functions it calls. */
  readonly needs: readonly string[];
  readonly text: string;
}

/**
 * Functions that every kernel may call, by name. WGSL promises neither infinities nor NaN, and allows exp and log
 * errors that add up over a deep network (https://www.w3.org/TR/WGSL/#floating-point-evaluation). These are exact to a
 * few units in the last place on every device, follow IEEE arithmetic at the ends of the range, and recognise NaN by
 * its bits, because a compiler may assume that there is none.
 */
const functions: Readonly<Record<string, MathFunction>> = {
  is_nan: { needs: [], text: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }' },
  // A function argument is no constant expression, in which an infinity or NaN would be an error.
  from_bits: { needs: [], text: 'fn from_bits(bits: u32) -> f32 { return bitcast<f32>(bits); }' },
  // x = n ln 2 + r with |r| ≤ ln 2 / 2, and the series of exp(r); 2^n in two factors, because neither end of its range
  // is a normal number.
  exp_f32: {
    needs: ['is_nan', 'from_bits'],
    text: `fn exp_f32(x: f32) -> f32 {
  let c = clamp(x, -104.0, 89.0);
  let n = round(c * 1.44269504);
  let r = (c - n * 0.693359375) + n * 0.00021219444;
  let tail = 1.0 + r * (0.33333333 + r * (0.083333333 + r * (0.016666667 + r * (0.0027777778 + r * 0.00039682540))));
  let series = 1.0 + (r + 0.5 * r * r * tail);
  let low = i32(n) / 2;
  let high = i32(n) - low;
  let scaled = series * bitcast<f32>(u32(low + 127) << 23u) * bitcast<f32>(u32(high + 127) << 23u);
  let finite = select(scaled, from_bits(0x7f800000u), x > 88.722835);
  return select(finite, x, is_nan(x));
}`,
  },
  // x = m 2^e with m around 1, and log m = 2 artanh((m - 1) / (m + 1)).
  log_f32: {
    needs: ['is_nan', 'from_bits'],
    text: `fn log_f32(x: f32) -> f32 {
  let tiny = x < 1.1754944e-38;
  let bits = bitcast<u32>(select(x, x * 8388608.0, tiny));
  let shift = (bits - 0x3f3504f3u) & 0xff800000u;
  let e = f32(bitcast<i32>(shift) >> 23u) - select(0.0, 23.0, tiny);
  let m = bitcast<f32>(bits - shift);
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = 2.0 * s * (1.0 + q * (0.33333333 + q * (0.2 + q * (0.14285714 + q * 0.11111111))));
  let value = (series + e * -0.00021219444) + e * 0.693359375;
  let zero_or_less = select(from_bits(0x7fc00000u), from_bits(0xff800000u), x == 0.0);
  let infinite = bitcast<u32>(x) == 0x7f800000u;
  return select(select(select(value, zero_or_less, x <= 0.0), x, infinite), x, is_nan(x));
}`,
  },
  // exp(x) - 1 without cancellation near 0.
  expm1_f32: {
    needs: ['exp_f32'],
    text: `fn expm1_f32(x: f32) -> f32 {
  let series = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666667
    + x * (0.0083333333 + x * (0.0013888889 + x * 0.00019841270))))));
  return select(exp_f32(x) - 1.0, series, abs(x) < 0.35);
}`,
  },
  sigmoid_f32: { needs: ['exp_f32'], text: 'fn sigmoid_f32(x: f32) -> f32 { return 1.0 / (1.0 + exp_f32(-x)); }' },
  min_f32: {
    needs: ['is_nan'],
    text: 'fn min_f32(a: f32, b: f32) -> f32 { return select(select(b, a, a <= b), a + b, is_nan(a) || is_nan(b)); }',
  },
  max_f32: {
    needs: ['is_nan'],
    text: 'fn max_f32(a: f32, b: f32) -> f32 { return select(select(b, a, a >= b), a + b, is_nan(a) || is_nan(b)); }',
  },
  // The smaller factor first, so that a result within range does not overflow on the way; NaN stays.
  rescaled: {
    needs: [],
    text: 'fn rescaled(x: f32, a: f32, b: f32) -> f32 { return x * select(b, a, a < b) * select(a, b, a < b); }',
  },
  from_bf16: {
    needs: ['from_bits'],
    text: 'fn from_bf16(word: i32, i: u32) -> f32 { return from_bits((u32(word) >> (16u * (i & 1u))) << 16u); }',
  },
  // Adding random bits below what is kept carries into it with the right probability; NaN stays one, see bf16.ts.
  round_bf16: {
    needs: [],
    text: `fn round_bf16(x: f32, random: u32) -> u32 {
  let bits = bitcast<u32>(x);
  let quiet = select(0u, 0x40u, (bits & 0x7fffffffu) > 0x7f800000u);
  return select((bits + random) >> 16u, (bits >> 16u) | quiet, (bits & 0x7f800000u) == 0x7f800000u);
}`,
  },
  multiply_high: {
    needs: [],
    text: `fn multiply_high(a: u32, b: u32) -> u32 {
  let cross = (a & 0xffffu) * (b >> 16u) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let middle = (a >> 16u) * (b & 0xffffu) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);
}`,
  },
  // As in core/random.ts.
  philox: {
    needs: ['multiply_high'],
    text: `fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x,
    );
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`,
  },
  div_i32: { needs: [], text: 'fn div_i32(a: i32, b: i32) -> i32 { return select(a / b, 0, b == 0); }' },
  to_i32: {
    needs: ['is_nan'],
    text: `fn to_i32(x: f32) -> i32 {
  let inside = i32(clamp(x, -2147483648.0, 2147483520.0));
  return select(select(inside, 2147483647, x >= 2147483648.0), 0, is_nan(x));
}`,
  },
};

/** The definitions of every function that `body` calls, directly or through another, callees first. */
export function mathFor(body: string): string {
  const texts = new Map<string, string>();
  const visit = (name: string): void => {
    const found = functions[name];
    if (!found || texts.has(name)) return;
    found.needs.forEach(visit);
    texts.set(name, found.text);
  };
  for (const name of Object.keys(functions)) if (body.includes(`${name}(`)) visit(name);
  return [...texts.values()].join('\n');
}
