/**
 * Units of measure: size relative to a base unit of the same dimension. Two answers with different units are compared
 * by size when both units are known and of one dimension; words that are not here (tickets, ways) say nothing.
 */
interface Unit {
  readonly dimension: string;
  readonly size: number;
}

const table: Record<string, string> = {
  length:
    'm meter meters metre metres=1; cm centimeter centimeters centimetre centimetres=0.01; mm millimeter millimeters=0.001; km kilometer kilometers kilometre kilometres=1000; ' +
    'in inch inches=0.0254; ft foot feet=0.3048; yd yard yards=0.9144; mi mile miles=1609.344; nm nanometer nanometers=1e-9',
  mass: 'g gram grams=1; kg kilogram kilograms=1000; mg milligram milligrams=0.001; lb lbs pound pounds=453.59237; oz ounce ounces=28.349523125; ton tons=1e6',
  time: 's sec secs second seconds=1; min mins minute minutes=60; h hr hrs hour hours=3600; day days=86400; week weeks=604800; month months=2629800; year years yr yrs=31557600; ms millisecond milliseconds=0.001',
  volume:
    'l liter liters litre litres=1; ml milliliter milliliters=0.001; gallon gallons gal=3.785411784; quart quarts=0.946352946; pint pints=0.473176473; cup cups=0.2365882365',
  dollar: 'dollar dollars usd $=1; cent cents ¢=0.01',
  euro: 'euro euros eur €=1',
  sterling: 'gbp £=1',
  yen: 'yen ¥=1',
  yuan: 'yuan rmb=1',
  rupee: 'rupee rupees=1',
  ruble: 'ruble rubles=1',
  speed: 'mph=0.44704; kph kmh=0.2777777777777778; mps=1',
  force: 'n newton newtons=1',
  energy: 'j joule joules=1',
  power: 'w watt watts=1',
  voltage: 'v volt volts=1',
  current: 'a amp amps=1',
  frequency: 'hz hertz=1',
  pressure: 'pa pascal pascals=1',
  angle: 'radian radians rad=1',
  kelvin: 'k kelvin kelvins=1',
  celsius: 'degreec celsius=1',
  fahrenheit: 'degreef fahrenheit=1',
  morning: 'am=1',
  afternoon: 'pm=1',
};

const units = new Map<string, Unit>();
for (const [dimension, text] of Object.entries(table)) {
  for (const group of text.split(';')) {
    const [names, size] = group.split('=') as [string, string];
    for (const name of names.trim().split(' ')) units.set(name, { dimension, size: Number(size) });
  }
}

const hanUnits: ReadonlyMap<string, string> = new Map([
  ['米', 'm'],
  ['厘米', 'cm'],
  ['毫米', 'mm'],
  ['千米', 'km'],
  ['公里', 'km'],
  ['平方米', 'square m'],
  ['平方厘米', 'square cm'],
  ['立方米', 'cubic m'],
  ['立方厘米', 'cubic cm'],
  ['千克', 'kg'],
  ['克', 'g'],
  ['元', 'yuan'],
  ['小时', 'hours'],
  ['分钟', 'minutes'],
  ['秒', 'seconds'],
]);

/** Words that only say "of area" or "of volume". */
const powers: ReadonlyMap<string, number> = new Map([
  ['square', 2],
  ['sq', 2],
  ['cubic', 3],
  ['cu', 3],
  ['squared', 2],
  ['cubed', 3],
]);

/** Bare words that can follow a number without \text and are then units, never products of variables. */
export function isBareUnit(word: string): boolean {
  const lower = word.toLowerCase();
  return (lower.length > 1 && units.has(lower)) || powers.has(lower);
}

export function isUnitLetter(letter: string): boolean {
  return units.has(letter.toLowerCase());
}

/** A comparable unit like `length^2`, with its size; undefined if any word is unknown. Compound units keep each part. */
export function knownUnit(text: string): { dimension: string; size: number } | undefined {
  const words =
    text
      .toLowerCase()
      .replace(/\bper\b/g, '/')
      .replace(/degrees? (?=[cf])|°/g, 'degree')
      .replace(/degree(?:celsius|centigrade)/, 'degreec')
      .replace(/degreefahrenheit/, 'degreef')
      .replace(/\p{sc=Han}+/gu, (word) => hanUnits.get(word) ?? word)
      .replace(/a\.?m\.?$/, 'am')
      .replace(/p\.?m\.?$/, 'pm')
      .match(/[a-z]+|[€£¥$¢]|\/|\^?-?\d+/g) ?? [];
  const exponents = new Map<string, number>();
  let [size, sign, prefix] = [1, 1, 1];
  for (let k = 0; k < words.length; k++) {
    const word = words[k]!;
    if (word === '/') {
      sign = -1;
      continue;
    }
    if (powers.has(word) && !words[k + 1]?.startsWith('^')) {
      prefix = powers.get(word)!;
      continue;
    }
    const unit = units.get(word);
    if (unit === undefined) return undefined;
    const after = /^\^?(-?\d+)$/.exec(words[k + 1] ?? '') ?? undefined;
    const trailing = powers.get(words[k + 1] ?? '');
    if (after || (trailing !== undefined && words[k + 1]!.endsWith('ed'))) k++;
    const exponent =
      sign *
      prefix *
      (after ? Math.max(-9, Math.min(9, Number(after[1]))) : words[k]!.endsWith('ed') ? (trailing ?? 1) : 1);
    prefix = 1;
    size *= unit.size ** exponent;
    exponents.set(unit.dimension, (exponents.get(unit.dimension) ?? 0) + exponent);
  }
  if (exponents.size === 0) return undefined;
  const dimension = [...exponents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, exponent]) => `${name}^${exponent}`)
    .join(' ');
  return { dimension, size };
}
