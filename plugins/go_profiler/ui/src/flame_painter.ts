// Draws the visible part of a flame graph on a canvas. Boxes below a pixel are not drawn.

import { differenceFill, type Palette, type Theme } from './colors';
import type { Frames } from './data';
import { type FlameLayout, kRowHeight } from './flame_layout';
import { withoutPath } from './names';

const kFont = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const kMinTextWidth = 24;

export interface Scene {
  readonly layout: FlameLayout;
  readonly frames: Frames;
  readonly palette: Palette;
  readonly theme: Theme;
  readonly focus: number;
  readonly hovered: number; // row, -1: none
  readonly cursor: number; // row of the keyboard, -1: none
  readonly rootLabel: string;
  readonly matches: Uint8Array; // empty: nothing is looked for
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
}

/** Draws and returns the number of boxes. */
export function paint(context: CanvasRenderingContext2D, scene: Scene): number {
  const { layout, focus, width, height, scrollTop } = scene;
  const { tree } = layout;
  context.clearRect(0, 0, width, height);
  context.font = kFont;
  context.textBaseline = 'middle';
  const painter = new Painter(context, scene, context.measureText('0').width);
  const firstDepth = Math.floor(scrollTop / kRowHeight);
  const lastDepth = Math.ceil((scrollTop + height) / kRowHeight);
  for (let row = tree.parent[focus]; row >= 0; row = tree.parent[row]) {
    painter.box(row, 0, width, /*faded=*/ true);
  }
  for (let row = focus; row < tree.end[focus]; ) {
    const boxWidth = layout.width(row, focus, width);
    if (boxWidth < 1 || tree.depth[row] > lastDepth) {
      row = tree.end[row];
      continue;
    }
    if (tree.depth[row] >= firstDepth) {
      painter.box(row, layout.x(row, focus, width), boxWidth, /*faded=*/ false);
    }
    ++row;
  }
  painter.outlines();
  return painter.boxes;
}

class Painter {
  boxes = 0;
  private readonly outlined: [number, number, number][] = [];

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly scene: Scene,
    private readonly charWidth: number,
  ) {}

  box(row: number, x: number, width: number, faded: boolean): void {
    const { context, scene } = this;
    const { layout, theme } = scene;
    const y = layout.tree.depth[row] * kRowHeight - scene.scrollTop;
    if (y + kRowHeight < 0 || y > scene.height) return;
    ++this.boxes;
    const [fill, textColor] = this.colours(row, faded);
    const inner = width > 3 ? width - 1 : width;
    context.fillStyle = fill;
    context.fillRect(x, y, inner, kRowHeight - 1);
    if (layout.tree.inlined[row] && inner > 6) this.inlineMark(x, y, textColor);
    if (width >= kMinTextWidth) {
      const room = Math.floor((inner - 8) / this.charWidth);
      context.fillStyle = textColor;
      context.fillText(this.label(row, room), x + 5, y + kRowHeight / 2);
    }
    if (row === scene.cursor || row === scene.hovered) this.outlined.push([x, y, inner]);
    context.fillStyle = theme.border;
  }

  outlines(): void {
    const { context, scene } = this;
    context.strokeStyle = scene.theme.outline;
    context.lineWidth = 1.5;
    for (const [x, y, width] of this.outlined) {
      context.strokeRect(x + 0.75, y + 0.75, Math.max(1, width - 1.5), kRowHeight - 2.5);
    }
  }

  private colours(row: number, faded: boolean): [string, string] {
    const { layout, theme, matches, palette } = this.scene;
    const { tree } = layout;
    const frame = tree.frame[row];
    if (row > 0 && matches.length > 0) {
      if (matches[frame] === 1) return [theme.match, theme.matchText];
      return [theme.faded, theme.fadedText];
    }
    if (faded || row === 0) return [theme.faded, theme.fadedText];
    if (tree.signed) {
      return [differenceFill(tree.total[row], tree.weight[row], theme.dark), theme.text];
    }
    return [palette.fill(frame), theme.text];
  }

  // A folded corner: the compiler put this function into its caller.
  private inlineMark(x: number, y: number, color: string): void {
    const { context } = this;
    context.globalAlpha = 0.55;
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 5, y);
    context.lineTo(x, y + 5);
    context.fill();
    context.globalAlpha = 1;
  }

  private label(row: number, room: number): string {
    const { layout, frames, rootLabel } = this.scene;
    const name = row === 0 ? rootLabel : frames.names[layout.tree.frame[row]];
    return fit(name, room);
  }
}

/** The name, without its path if that makes it fit, else cut. */
export function fit(name: string, room: number): string {
  if (name.length <= room) return name;
  const short = withoutPath(name);
  if (short.length <= room) return short;
  return room < 3 ? '' : `${short.slice(0, room - 1)}…`;
}
