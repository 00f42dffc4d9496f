/**
 * WebAssembly instructions as bytes, as far as the kernels need them: each function gives the code that leaves its
 * result on the stack, after the code of its operands. Opcodes: WebAssembly core specification 2.0, chapter 5.4.
 */
export type Code = readonly number[];

export const valueType = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueType;

/** An unsigned number in LEB128: seven bits a byte, the lowest first; the top bit says that another follows. */
export function unsigned(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) | 128, ...unsigned(rest)];
}

/** A signed integer of 32 bits in LEB128: ends where bit 6 of the last byte is the sign. */
export function signed(value: number): number[] {
  const low = value & 127,
    rest = value >> 7;
  const complete = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return complete ? [low] : [low | 128, ...signed(rest)];
}

/** The eight bytes of a number, the lowest first. */
function doubleBytes(value: number): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return Array.from({ length: 8 }, (_, i) => bytes.getUint8(i));
}

/** A parameter or local variable of a function. */
export interface Local {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

export const local = (index: number): Local => ({
  get: [0x20, ...unsigned(index)],
  set: (value) => [...value, 0x21, ...unsigned(index)],
});

const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];

/** Vector instructions have a prefix. */
const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

const vectorUnary =
  (opcode: number) =>
  (x: Code): Code => [...x, ...vector(opcode)];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: binary(0x6a),
  lessUnsigned: binary(0x49),
};

/** Addresses are a number from the stack plus a constant; `alignment` is the logarithm of the bytes accessed. */
const memoryArgument = (alignment: number, offset: number): number[] => [...unsigned(alignment), ...unsigned(offset)];

/** Two numbers of 64 bits side by side: IEEE 754 arithmetic, so each is what a scalar loop computes. */
export const f64x2 = {
  /** The same number in both lanes. */
  constant: (value: number): Code => [...vector(0x0c), ...doubleBytes(value), ...doubleBytes(value)],
  /** Both lanes from an f64. */
  splat: vectorUnary(0x14),
  add: binary(...vector(0xf0)),
  sub: binary(...vector(0xf1)),
  mul: binary(...vector(0xf2)),
  div: binary(...vector(0xf3)),
  sqrt: vectorUnary(0xef),
  less: binary(...vector(0x49)),
  /** Lane by lane `a` where `condition` (the result of a comparison) holds, else `b`. */
  select: (condition: Code, a: Code, b: Code): Code => [...a, ...b, ...condition, ...vector(0x52)],
  /** Cut towards zero: i32x4.trunc_sat_f64x2_s_zero, f64x2.convert_low_i32x4_s. */
  truncate: (x: Code): Code => [...x, ...vector(0xfc), ...vector(0xfe)],
  /** 2 to the power of whole numbers from −1022 to 1023, by way of the exponent's bits. */
  powerOfTwo: (x: Code): Code => [
    ...x,
    ...f64x2.constant(1023),
    ...vector(0xf0),
    ...vector(0xfc), // i32x4.trunc_sat_f64x2_s_zero
    ...vector(0xc7), // i64x2.extend_low_i32x4_s
    ...i32.constant(52),
    ...vector(0xcb), // i64x2.shl
  ],
  /** Two f32 from memory, widened. */
  loadPair: (address: Code, offset: number): Code => [
    ...address,
    ...vector(0x5d), // v128.load64_zero
    ...memoryArgument(3, offset),
    ...vector(0x5f), // f64x2.promote_low_f32x4
  ],
  /** Two numbers rounded to the nearest f32 and stored. */
  storePair: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...vector(0x5e), // f32x4.demote_f64x2_zero
    ...vector(0x5b), // v128.store64_lane
    ...memoryArgument(3, offset),
    0,
  ],
  load: (address: Code, offset: number): Code => [...address, ...vector(0x00), ...memoryArgument(4, offset)],
  store: (address: Code, offset: number, value: Code): Code => [
    ...address,
    ...value,
    ...vector(0x0b),
    ...memoryArgument(4, offset),
  ],
};

/** Code for `counter`, `counter + step`, … below `end`; at least once. */
export const repeat = (counter: Local, { step, end }: { step: number; end: Local }, body: Code): Code => [
  ...[0x03, 0x40], // loop
  ...body,
  ...counter.set(i32.add(counter.get, i32.constant(step))),
  ...i32.lessUnsigned(counter.get, end.get),
  ...[0x0d, 0, 0x0b], // br_if 0, end
];
