/**
 * Units of measure: size relative to a base unit of the same dimension. Two answers with different units are compared
 * by size when both units are known and of one dimension; words that are not here (tickets, ways) say nothing.
 */
interface Unit {
  readonly dimension: string;
  readonly size: number;
}

/** Names of one size share an entry, `name name=size`; sizes of one dimension are relative to each other. */
const table: Readonly<Record<string, readonly string[]>> = {
  length: [
    'm meter meters metre metres=1',
    'cm centimeter centimeters centimetre centimetres=0.01',
    'mm millimeter millimeters=0.001',
    'km kilometer kilometers kilometre kilometres=1000',
    'in inch inches=0.0254',
    'ft foot feet=0.3048',
    'yd yard yards=0.9144',
    'mi mile miles=1609.344',
    'nm nanometer nanometers=1e-9',
  ],
  mass: [
    'g gram grams=1',
    'kg kilogram kilograms=1000',
    'mg milligram milligrams=0.001',
    'lb lbs pound pounds=453.59237',
    'oz ounce ounces=28.349523125',
    'ton tons=1e6',
  ],
  time: [
    's sec secs second seconds=1',
    'min mins minute minutes=60',
    'h hr hrs hour hours=3600',
    'day days=86400',
    'week weeks=604800',
    'month months=2629800',
    'year years yr yrs=31557600',
    'ms millisecond milliseconds=0.001',
  ],
  volume: [
    'l liter liters litre litres=1',
    'ml milliliter milliliters=0.001',
    'gallon gallons gal=3.785411784',
    'quart quarts=0.946352946',
    'pint pints=0.473176473',
    'cup cups=0.2365882365',
  ],
  dollar: ['dollar dollars usd $=1', 'cent cents ¢=0.01'],
  euro: ['euro euros eur €=1'],
  sterling: ['gbp £=1'],
  yen: ['yen ¥=1'],
  yuan: ['yuan rmb=1'],
  rupee: ['rupee rupees=1'],
  ruble: ['ruble rubles=1'],
  speed: ['mph=0.44704', 'kph kmh=0.2777777777777778', 'mps=1'],
  force: ['n newton newtons=1'],
  energy: ['j joule joules=1'],
  power: ['w watt watts=1'],
  voltage: ['v volt volts=1'],
  current: ['a amp amps=1'],
  frequency: ['hz hertz=1'],
  pressure: ['pa pascal pascals=1'],
  angle: ['radian radians rad=1'],
  kelvin: ['k kelvin kelvins=1'],
  celsius: ['degreec celsius=1'],
  fahrenheit: ['degreef fahrenheit=1'],
  morning: ['am=1'],
  afternoon: ['pm=1'],
};

const units: ReadonlyMap<string, Unit> = new Map(
  Object.entries(table).flatMap(([dimension, entries]) =>
    entries.flatMap((entry) => {
      const [names = '', size] = entry.split('=');
      return names.split(' ').map((name) => [name, { dimension, size: Number(size) }] as const);
    }),
  ),
);

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

/** Results for texts looked at before; a unit is asked about several times for one pair. */
const remembered = new Map<string, Unit | undefined>();
const maxRemembered = 500;

/** A comparable unit like `length^2`, with its size; undefined if any word is unknown. */
export function knownUnit(text: string): Unit | undefined {
  if (remembered.has(text)) return remembered.get(text);
  if (remembered.size >= maxRemembered) remembered.clear();
  const unit = readUnit(text);
  remembered.set(text, unit);
  return unit;
}

function readUnit(text: string): Unit | undefined {
  const terms = unitTerms(unitWordsOf(text));
  if (terms === undefined || terms.length === 0) return undefined;
  const exponents = new Map<string, number>();
  let size = 1;
  for (const { unit, exponent } of terms) {
    size *= unit.size ** exponent;
    exponents.set(unit.dimension, (exponents.get(unit.dimension) ?? 0) + exponent);
  }
  const dimension = [...exponents]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, exponent]) => `${name}^${exponent}`)
    .join(' ');
  return { dimension, size };
}

function unitWordsOf(text: string): readonly string[] {
  const words = text
    .toLowerCase()
    .replace(/\bper\b/g, '/')
    .replace(/degrees? (?=[cf])|°/g, 'degree')
    .replace(/degree(?:celsius|centigrade)/, 'degreec')
    .replace(/degreefahrenheit/, 'degreef')
    .replace(/\p{sc=Han}+/gu, (word) => hanUnits.get(word) ?? word)
    .replace(/a\.?m\.?$/, 'am')
    .replace(/p\.?m\.?$/, 'pm')
    .match(/[a-z]+|[€£¥$¢]|\/|\^?-?\d+/g);
  return words ?? [];
}

interface UnitTerm {
  readonly unit: Unit;
  readonly exponent: number;
}

/** Units with their exponents: "square m", "m^2" and "m squared" have 2, what follows "per" is below the line. */
function unitTerms(words: readonly string[]): readonly UnitTerm[] | undefined {
  const terms: UnitTerm[] = [];
  let [sign, prefix] = [1, 1];
  for (let k = 0; k < words.length; k++) {
    const [word = '', next = ''] = words.slice(k, k + 2);
    const power = powers.get(word);
    const unit = units.get(word);
    if (word === '/') sign = -1;
    else if (power !== undefined && !next.startsWith('^')) prefix = power;
    else if (unit === undefined) return undefined;
    else {
      const suffix = suffixExponent(next);
      if (suffix !== undefined) k++;
      terms.push({ unit, exponent: sign * prefix * (suffix ?? 1) });
      prefix = 1;
    }
  }
  return terms;
}

/** ^2 or "squared" behind a unit. */
function suffixExponent(word: string): number | undefined {
  const digits = /^\^?(-?\d+)$/.exec(word)?.[1];
  if (digits !== undefined) return Math.max(-9, Math.min(9, Number(digits)));
  return word.endsWith('ed') ? powers.get(word) : undefined;
}
