// The rows of the top table: sorted, filtered, with the running sum. No DOM.

import type { Frames, Top } from './data';

export type SortKey = 'flat' | 'cum' | 'name';

export interface Sort {
  readonly key: SortKey;
  readonly ascending: boolean;
}

export class TopModel {
  /** Positions in `top`, in the order shown. */
  order: number[] = [];
  /** Σ flat of the row and all that stand before it in the order of flat, as `-top` prints it. */
  readonly sum: Float64Array;

  constructor(
    readonly top: Top,
    private readonly frames: Frames,
  ) {
    this.sum = new Float64Array(top.frame.length);
    let sum = 0;
    for (let i = 0; i < top.flat.length; ++i) {
      sum += top.flat[i];
      this.sum[i] = sum;
    }
  }

  name(position: number): string {
    return this.frames.names[this.top.frame[position]];
  }

  arrange(sort: Sort, matches: Uint8Array): void {
    const { top } = this;
    const kept: number[] = [];
    for (let i = 0; i < top.frame.length; ++i) {
      if (matches.length === 0 || matches[top.frame[i]] === 1) kept.push(i);
    }
    const byName = (a: number, b: number): number =>
      this.name(a) < this.name(b) ? -1 : this.name(a) > this.name(b) ? 1 : 0;
    // As -top: the larger first, ties by name.
    const bySize = (column: readonly number[]) => (a: number, b: number): number =>
      Math.abs(column[b]) - Math.abs(column[a]) || byName(a, b);
    if (sort.key === 'name') kept.sort(byName);
    else kept.sort(bySize(sort.key === 'cum' ? top.cum : top.flat));
    if (sort.ascending !== (sort.key === 'name')) kept.reverse();
    this.order = kept;
  }
}
