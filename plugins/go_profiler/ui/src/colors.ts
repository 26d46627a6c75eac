// Colours of the flame graph: one hue a package, so that neighbours of one origin look alike.

import { packageOf } from './names';

export interface Theme {
  readonly dark: boolean;
  readonly text: string;
  readonly border: string;
  readonly faded: string;
  readonly fadedText: string;
  readonly match: string;
  readonly matchText: string;
  readonly outline: string;
}

const kLight: Theme = {
  dark: false,
  text: '#1c2128',
  border: '#ffffff',
  faded: '#e7eaee',
  fadedText: '#4b5563',
  match: '#c026d3',
  matchText: '#ffffff',
  outline: '#111827',
};

const kDark: Theme = {
  dark: true,
  text: '#eef1f5',
  border: '#14171c',
  faded: '#262b33',
  fadedText: '#a6afbb',
  match: '#e879f9',
  matchText: '#1b0b1f',
  outline: '#ffffff',
};

export function themeOf(dark: boolean): Theme {
  return dark ? kDark : kLight;
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; ++i) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

// Go's own packages have no dot in their first element; they are the ground others stand out from.
function isStandard(name: string): boolean {
  return !name.split('/', 1)[0].includes('.') && name !== 'main';
}

export class Palette {
  private readonly fills: string[];

  constructor(names: readonly string[], theme: Theme) {
    const cache = new Map<string, string>();
    this.fills = names.map((name) => {
      const pkg = packageOf(name);
      let fill = cache.get(pkg);
      if (fill === undefined) {
        fill = Palette.fillOf(pkg, theme.dark);
        cache.set(pkg, fill);
      }
      return fill;
    });
  }

  fill(frame: number): string {
    return this.fills[frame];
  }

  private static fillOf(pkg: string, dark: boolean): string {
    const h = hash(pkg);
    const shade = (h >>> 16) % 7;
    if (isStandard(pkg)) {
      // Slate to teal.
      const hue = 195 + (h % 30);
      return dark ? `hsl(${hue} 18% ${25 + shade}%)` : `hsl(${hue} 28% ${80 + shade}%)`;
    }
    // Terracotta to straw, away from the slate of the standard library and the search's magenta.
    const hue = 14 + (h % 42);
    return dark ? `hsl(${hue} 34% ${24 + shade}%)` : `hsl(${hue} 68% ${73 + shade * 1.5}%)`;
  }
}

/** A difference: red has grown, green has shrunk; the stronger, the larger its share. */
export function differenceFill(value: number, scale: number, dark: boolean): string {
  const strength = scale === 0 ? 0 : Math.min(1, Math.abs(value) / scale);
  const lightness = dark ? 24 + strength * 14 : 92 - strength * 24;
  return `hsl(${value < 0 ? 150 : 6} ${value === 0 ? 0 : 60}% ${lightness}%)`;
}
