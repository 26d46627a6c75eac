// Numbers as pprof prints them, so that the page and `-top` show the same text.

interface Family {
  readonly factors: ReadonlyMap<string, number>; // spelling → factor to the base unit
  readonly units: readonly (readonly [name: string, factor: number])[]; // ascending
  readonly fallback: readonly [name: string, factor: number]; // for values no unit suits
}

function family(units: [string, number, string[]][], fallback: [string, number]): Family {
  const factors = new Map<string, number>();
  for (const [, factor, spellings] of units) {
    for (const spelling of spellings) factors.set(spelling, factor);
  }
  return { factors, units: units.map(([name, factor]) => [name, factor] as const), fallback };
}

const kGcuPrefixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P'];
const kGcuWords = ['nano', 'micro', 'milli', '', 'kilo', 'mega', 'giga', 'tera', 'peta'];

const kFamilies: readonly Family[] = [
  family(
    [
      ['B', 1, ['b', 'byte']],
      ['kB', 2 ** 10, ['kb', 'kbyte', 'kilobyte']],
      ['MB', 2 ** 20, ['mb', 'mbyte', 'megabyte']],
      ['GB', 2 ** 30, ['gb', 'gbyte', 'gigabyte']],
      ['TB', 2 ** 40, ['tb', 'tbyte', 'terabyte']],
      ['PB', 2 ** 50, ['pb', 'pbyte', 'petabyte']],
    ],
    ['B', 1],
  ),
  family(
    [
      ['ns', 1, ['ns', 'nanosecond']],
      ['us', 1e3, ['μs', 'us', 'microsecond']],
      ['ms', 1e6, ['ms', 'millisecond']],
      ['s', 1e9, ['s', 'sec', 'second']],
      ['hrs', 3600e9, ['hour', 'hr']],
    ],
    ['s', 1e9],
  ),
  family(
    kGcuPrefixes.map((prefix, i) => [
      prefix === '' ? 'GCU' : `${prefix}*GCU`,
      10 ** (3 * (i - 3)),
      [`${kGcuWords[i]}gcu`],
    ]),
    ['GCU', 1],
  ),
];

const kDullUnits = ['count', 'sample', 'unit'];

function factorOf(candidate: Family, unit: string): number | undefined {
  let name = unit.toLowerCase();
  if (name.endsWith('s') && [...name].length > 2) name = name.slice(0, -1);
  return candidate.factors.get(name);
}

// C rounds a tie to the even digit, JavaScript upwards; ties are common among powers of two.
function isTieAfterEven(digits: string, kept: number): boolean {
  return /^50*$/.test(digits.slice(kept)) && Number(digits[kept - 1]) % 2 === 0;
}

function twoDecimals(value: number): string {
  const exact = value.toFixed(20);
  const kept = exact.indexOf('.') + 3;
  return isTieAfterEven(exact, kept) ? exact.slice(0, kept) : value.toFixed(2);
}

function label(value: number, unit: string): string {
  const text = twoDecimals(value).replace(/\.00$/, '');
  return text === '0' ? '0' : text + unit;
}

/** `value` in the unit `to` ("auto": the largest with a value of at least 1), e.g. "8.50MB". */
export function formatValue(value: number, from: string, to = 'auto'): string {
  if (value < 0) return `-${formatValue(-value, from, to)}`.replace(/^-0$/, '0');
  for (const candidate of kFamilies) {
    const factor = factorOf(candidate, from);
    if (factor === undefined) continue;
    const base = value * factor;
    let target = candidate.fallback;
    if (to === 'auto') {
      for (const unit of candidate.units) if (base / unit[1] >= 1) target = unit;
    } else {
      const wanted = factorOf(candidate, to);
      target = candidate.units.find(([, size]) => size === wanted) ?? target;
    }
    return label(base / target[1], target[0]);
  }
  return label(value, to === 'auto' || kDullUnits.includes(to) ? '' : to);
}

/** "100%", "12.34%", "0.89%", "1.2e-05%": C's %.2f from 1 % on, %.2g below. */
export function formatPercent(value: number, total: number): string {
  const percent = total === 0 ? 0 : Math.abs(value / total) * 100;
  if (percent === 0) return '0%';
  if (percent >= 99.95 && percent <= 100.05) return '100%';
  if (percent >= 1) return `${twoDecimals(percent)}%`;
  const exact = percent.toExponential(20);
  const [mantissa, exponent] = exact.split('e') as [string, string];
  const short = isTieAfterEven(mantissa, 3)
    ? `${mantissa.slice(0, 3)}e${exponent}`
    : percent.toExponential(1);
  const [digits, power] = short.split('e') as [string, string];
  if (Number(power) >= -4) return `${Number(short)}%`;
  return `${digits.replace(/\.0$/, '')}e-${power.slice(1).padStart(2, '0')}%`;
}

/** "2 h 05 min", "4 min 09 s", "9 s". */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds >= 86400) {
    return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  }
  if (seconds >= 3600) {
    return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  }
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${seconds} s`;
}

/** A point in time in UTC, "2026-11-23 12:00:05 UTC": nodes and readers rarely share a zone. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
