// The flame graph panel: scrolling, mouse and keyboard over FlameLayout and the painter.

import { Palette, themeOf } from './colors';
import type { Frames } from './data';
import type { FlameTree } from './flame_tree';
import { FlameLayout, kRowHeight } from './flame_layout';
import { paint } from './flame_painter';

export interface FlameEvents {
  /** A row was chosen to fill the width. */
  onZoom(row: number): void;
  /** The pointer (with its place) or the keyboard is on a row; -1: on none. */
  onPoint(row: number, pointer: { x: number; y: number } | undefined): void;
}

const kNoMatches = new Uint8Array(0);

export class FlameView {
  private readonly context: CanvasRenderingContext2D;
  private layout: FlameLayout | undefined;
  private frames: Frames | undefined;
  private palette: Palette | undefined;
  private rootLabel = '';
  private focus = 0;
  private hovered = -1;
  private cursor = -1;
  private matches: Uint8Array = kNoMatches;
  private readonly darkQuery = matchMedia('(prefers-color-scheme: dark)');
  private scheduled = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly scroll: HTMLElement,
    private readonly space: HTMLElement,
    private readonly events: FlameEvents,
  ) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser has no 2D canvas');
    this.context = context;
    new ResizeObserver(() => this.draw()).observe(scroll);
    scroll.addEventListener('scroll', () => this.draw(), { passive: true });
    canvas.addEventListener('mousemove', (event) => this.onMouseMove(event));
    canvas.addEventListener('mouseleave', () => this.point(-1, undefined));
    canvas.addEventListener('click', (event) => this.onClick(event));
    canvas.addEventListener('keydown', (event) => this.onKey(event));
    canvas.addEventListener('blur', () => this.setCursor(-1));
    this.darkQuery.addEventListener('change', () => {
      this.palette = undefined;
      this.draw();
    });
  }

  show(tree: FlameTree, frames: Frames, rootLabel: string): FlameLayout {
    this.layout = new FlameLayout(tree);
    if (frames !== this.frames) this.palette = undefined;
    this.frames = frames;
    this.rootLabel = rootLabel;
    this.focus = 0;
    this.cursor = -1;
    this.hovered = -1;
    this.space.style.height = `${(tree.maxDepth + 1) * kRowHeight}px`;
    this.draw();
    return this.layout;
  }

  /** The same tree with more rows below the row in focus. */
  refine(tree: FlameTree): FlameLayout {
    this.layout = new FlameLayout(tree);
    this.space.style.height = `${(tree.maxDepth + 1) * kRowHeight}px`;
    this.hovered = -1;
    this.draw();
    return this.layout;
  }

  zoom(row: number): void {
    if (this.layout === undefined) return;
    this.focus = row;
    this.hovered = -1;
    if (this.cursor >= 0) this.cursor = row;
    const top = this.layout.tree.depth[row] * kRowHeight;
    // Keep a few ancestors in sight.
    if (top < this.scroll.scrollTop || top > this.scroll.scrollTop + this.scroll.clientHeight / 2) {
      this.scroll.scrollTop = Math.max(0, top - 3 * kRowHeight);
    }
    this.draw();
  }

  /** One flag a frame; empty: nothing is highlighted. */
  highlight(matches: Uint8Array): void {
    this.matches = matches;
    this.draw();
  }

  private draw(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const { layout, frames, canvas, scroll, context } = this;
    if (layout === undefined || frames === undefined) return;
    const width = scroll.clientWidth;
    const height = scroll.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    const pixelWidth = Math.round(width * ratio);
    const pixelHeight = Math.round(height * ratio);
    if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
      canvas.width = pixelWidth;
      canvas.height = pixelHeight;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      this.space.style.marginTop = `${-height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const theme = themeOf(this.darkQuery.matches);
    this.palette ??= new Palette(frames.names, theme);
    const boxes = paint(context, {
      layout,
      frames,
      palette: this.palette,
      theme,
      focus: this.focus,
      hovered: this.hovered,
      cursor: this.cursor,
      rootLabel: this.rootLabel,
      matches: this.matches,
      width,
      height,
      scrollTop: scroll.scrollTop,
    });
    canvas.dataset['boxes'] = String(boxes);
    canvas.dataset['rows'] = String(layout.tree.rows);
    canvas.dataset['focus'] = String(this.focus);
  }

  private rowAt(event: MouseEvent): number {
    if (this.layout === undefined) return -1;
    const depth = Math.floor((event.offsetY + this.scroll.scrollTop) / kRowHeight);
    return this.layout.hit(event.offsetX, depth, this.focus, this.scroll.clientWidth);
  }

  private onMouseMove(event: MouseEvent): void {
    this.point(this.rowAt(event), { x: event.clientX, y: event.clientY });
  }

  private point(row: number, pointer: { x: number; y: number } | undefined): void {
    if (row !== this.hovered) {
      this.hovered = row;
      this.canvas.style.cursor = row >= 0 ? 'pointer' : 'default';
      this.draw();
    }
    this.events.onPoint(row, pointer);
  }

  private onClick(event: MouseEvent): void {
    const row = this.rowAt(event);
    if (row >= 0) this.events.onZoom(row);
  }

  private setCursor(row: number): void {
    if (this.layout === undefined || row === this.cursor) return;
    this.cursor = row;
    if (row >= 0) {
      const top = this.layout.tree.depth[row] * kRowHeight;
      const { scrollTop, clientHeight } = this.scroll;
      if (top < scrollTop) this.scroll.scrollTop = top;
      if (top + kRowHeight > scrollTop + clientHeight) {
        this.scroll.scrollTop = top + kRowHeight - clientHeight;
      }
    }
    this.draw();
    this.events.onPoint(row, undefined);
  }

  private onKey(event: KeyboardEvent): void {
    const { layout } = this;
    if (layout === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.cursor < 0 ? this.focus : this.cursor;
    const { tree } = layout;
    switch (event.key) {
      case 'ArrowDown':
        this.setCursor(this.cursor >= 0 && at + 1 < tree.end[at] ? at + 1 : at);
        break;
      case 'ArrowUp':
        this.setCursor(Math.max(0, tree.parent[at]));
        break;
      case 'ArrowLeft':
        this.setCursor(at === this.focus ? at : layout.sibling(at, -1));
        break;
      case 'ArrowRight':
        this.setCursor(at === this.focus ? at : layout.sibling(at, 1));
        break;
      case 'Home':
        this.setCursor(0);
        break;
      case 'Enter':
      case ' ':
        this.events.onZoom(at);
        break;
      case 'Escape':
      case 'Backspace':
        if (this.focus === 0) return;
        this.events.onZoom(Math.max(0, tree.parent[this.focus]));
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}
