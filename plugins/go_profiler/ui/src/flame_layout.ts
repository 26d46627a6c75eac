// Where the boxes of a flame graph are: offsets, hit tests, walks. No drawing.

import type { FlameTree } from './flame_tree';

export const kRowHeight = 20;

export class FlameLayout {
  /** Left edge of each row in units of weight; a row's children start at its own left edge. */
  private readonly left: Float64Array;

  constructor(readonly tree: FlameTree) {
    this.left = new Float64Array(tree.rows);
    const next = new Float64Array(tree.rows); // where the next child of a row begins
    for (let row = 1; row < tree.rows; ++row) {
      const parent = tree.parent[row];
      this.left[row] = next[parent];
      next[row] = next[parent];
      next[parent] += tree.weight[row];
    }
  }

  x(row: number, focus: number, width: number): number {
    const scale = this.tree.weight[focus];
    return scale === 0 ? 0 : ((this.left[row] - this.left[focus]) / scale) * width;
  }

  width(row: number, focus: number, width: number): number {
    const scale = this.tree.weight[focus];
    return scale === 0 ? width : (this.tree.weight[row] / scale) * width;
  }

  /** The row drawn at a point, while `focus` has the whole width; -1 if there is none. */
  hit(px: number, depth: number, focus: number, width: number): number {
    const { tree } = this;
    if (depth < 0) return -1;
    if (depth <= tree.depth[focus]) return this.ancestor(focus, depth);
    let row = focus;
    while (tree.depth[row] < depth) {
      row = this.children(row).find((child) => {
        const x = this.x(child, focus, width);
        return px >= x && px < x + this.width(child, focus, width);
      }) ?? -1;
      if (row < 0) return -1;
    }
    return row;
  }

  ancestor(row: number, depth: number): number {
    while (this.tree.depth[row] > depth) row = this.tree.parent[row];
    return row;
  }

  children(row: number): number[] {
    const { end } = this.tree;
    const children: number[] = [];
    for (let child = row + 1; child < end[row]; child = end[child]) children.push(child);
    return children;
  }

  /** The sibling before (-1) or after (+1) a row; the row itself at the edge. */
  sibling(row: number, step: -1 | 1): number {
    if (row === 0) return 0;
    const siblings = this.children(this.tree.parent[row]);
    return siblings[siblings.indexOf(row) + step] ?? row;
  }

  /** Rows from the root's child down to `row`. */
  path(row: number): number[] {
    const path: number[] = [];
    for (let at = row; at > 0; at = this.tree.parent[at]) path.push(at);
    return path.reverse();
  }

  /** The row reached by frames from the root, as deep as they can be followed. */
  follow(frames: readonly number[]): number {
    let row = 0;
    for (const frame of frames) {
      const next = this.children(row).find((child) => this.tree.frame[child] === frame);
      if (next === undefined) break;
      row = next;
    }
    return row;
  }

  /** Σ weight of the outermost rows whose frame `matches` admits. */
  matchedWeight(matches: (frame: number) => boolean): number {
    const { tree } = this;
    let sum = 0;
    for (let row = 1; row < tree.rows; ) {
      if (matches(tree.frame[row])) {
        sum += tree.weight[row];
        row = tree.end[row];
      } else {
        ++row;
      }
    }
    return sum;
  }
}
