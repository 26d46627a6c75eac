// Numbers as pprof prints them, so that the page and `-top` show the same text.

interface Family {
  readonly names: ReadonlyMap<string, number>; // spelling → factor to the base unit
  readonly scale: readonly (readonly [name: string, factor: number])[]; // ascending
}

function family(scale: [string, number, string[]][]): Family {
  const names = new Map<string, number>();
  for (const [name, factor, spellings] of scale) {
    for (const spelling of [name.toLowerCase(), ...spellings]) names.set(spelling, factor);
  }
  return { names, scale: scale.map(([name, factor]) => [name, factor] as const) };
}

const families: readonly Family[] = [
  family([
    ['B', 1, ['b', 'byte']],
    ['kB', 2 ** 10, ['kbyte', 'kilobyte']],
    ['MB', 2 ** 20, ['mbyte', 'megabyte']],
    ['GB', 2 ** 30, ['gbyte', 'gigabyte']],
    ['TB', 2 ** 40, ['tbyte', 'terabyte']],
    ['PB', 2 ** 50, ['pbyte', 'petabyte']],
  ]),
  family([
    ['ns', 1, ['nanosecond']],
    ['us', 1e3, ['μs', 'microsecond']],
    ['ms', 1e6, ['millisecond']],
    ['s', 1e9, ['sec', 'second']],
    ['hrs', 3600e9, ['hour', 'hr']],
  ]),
];

function findUnit(unit: string): { family: Family; factor: number } | undefined {
  const lower = unit.toLowerCase();
  for (const candidate of families) {
    for (const spelling of [lower, lower.replace(/s$/, '')]) {
      const factor = candidate.names.get(spelling);
      if (factor !== undefined) return { family: candidate, factor };
    }
  }
  return undefined;
}

function trimDecimals(value: number): string {
  return value.toFixed(2).replace(/\.00$/, '');
}

/** `value` in the unit `to` ("auto": the largest with a value of at least 1), e.g. "8.50MB". */
export function formatValue(value: number, from: string, to = 'auto'): string {
  if (value < 0) return `-${formatValue(-value, from, to)}`;
  const unit = findUnit(from);
  if (unit === undefined) {
    const plain = from === 'count' || from === '' || from === 'sample' ? '' : from;
    return trimDecimals(value) + plain;
  }
  const base = value * unit.factor;
  let target: readonly [string, number] = unit.family.scale[0]!;
  if (to === 'auto') {
    for (const step of unit.family.scale) if (base >= step[1]) target = step;
  } else {
    const wanted = findUnit(to);
    const step = unit.family.scale.find(([, factor]) => factor === wanted?.factor);
    if (step !== undefined) target = step;
  }
  const text = trimDecimals(base / target[1]);
  return text === '0' ? '0' : text + target[0];
}

/** "100%", "12.34%", "0.89%", "1.2e-05%": C's %.2f from 1 % on, %.2g below. */
export function formatPercent(value: number, total: number): string {
  if (total === 0) return '0%';
  const percent = Math.abs(value / total) * 100;
  if (percent >= 99.95 && percent <= 100.05) return '100%';
  if (percent >= 1) return `${percent.toFixed(2)}%`;
  if (percent === 0) return '0%';
  const [digits, exponent] = percent.toExponential(1).split('e') as [string, string];
  if (Number(exponent) >= -4) return `${Number(`${digits}e${exponent}`)}%`;
  const trimmed = digits.replace(/\.0$/, '');
  return `${trimmed}e-${exponent.slice(1).padStart(2, '0')}%`;
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
