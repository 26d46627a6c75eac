// The call tree of one sample type as columns in preorder.

/** What the server sends. */
interface Columns {
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly use: Uint32Array; // frame × 2 + inlined; the root's is 0
  readonly depth: Uint16Array;
}

/** Row 0 is the root; the rows below a row follow it, up to its `end`. */
export interface FlameTree extends Columns {
  readonly rows: number;
  readonly frame: Uint32Array;
  readonly inlined: Uint8Array;
  readonly parent: Int32Array; // the root's is -1
  readonly end: Uint32Array; // first row behind the subtree
  readonly weight: Float64Array; // Σ |self| in and below the row: what widths are made of
  readonly hidden: Uint8Array; // 1: something below this very row was too small to be sent
  readonly maxDepth: number;
  readonly signed: boolean; // holds negative values: a difference
}

const kMagic = 0x3146444b; // "KDF1", little-endian
const kHeaderBytes = 16;

/** Header {magic, rows, pruned, 0}, then self f64, total f64, use u32, depth u16: a column each. */
export function decodeFlameTree(buffer: ArrayBuffer): FlameTree {
  const header = new Uint32Array(buffer, 0, kHeaderBytes / 4);
  const rows = header[1];
  if (header[0] !== kMagic || buffer.byteLength !== kHeaderBytes + rows * 22) {
    throw new Error('data/flame: not a flame tree of this version');
  }
  return complete({
    self: new Float64Array(buffer, kHeaderBytes, rows),
    total: new Float64Array(buffer, kHeaderBytes + rows * 8, rows),
    use: new Uint32Array(buffer, kHeaderBytes + rows * 16, rows),
    depth: new Uint16Array(buffer, kHeaderBytes + rows * 20, rows),
  });
}

/** Whether rows below `row` were too small to be sent with this tree. */
export function hasHidden(tree: FlameTree, row: number): boolean {
  return tree.hidden.subarray(row, tree.end[row]).includes(1);
}

/** The uses from the root's child down to `row`. */
export function usesTo(tree: FlameTree, row: number): number[] {
  const uses: number[] = [];
  for (let at = row; at > 0; at = tree.parent[at]) uses.push(tree.use[at]);
  return uses.reverse();
}

/** `tree` with `detail`, whose root is `row`, in the place of that row's subtree. */
export function graft(tree: FlameTree, row: number, detail: FlameTree): FlameTree {
  const end = tree.end[row];
  const rows = tree.rows - (end - row) + detail.rows;
  const join = <T extends Float64Array | Uint32Array | Uint16Array>(out: T, a: T, b: T): T => {
    out.set(a.subarray(0, row));
    out.set(b, row);
    out.set(a.subarray(end), row + detail.rows);
    return out;
  };
  const depth = join(new Uint16Array(rows), tree.depth, detail.depth);
  for (let at = row; at < row + detail.rows; ++at) depth[at] += tree.depth[row];
  const use = join(new Uint32Array(rows), tree.use, detail.use);
  use[row] = tree.use[row];
  return complete({
    self: join(new Float64Array(rows), tree.self, detail.self),
    total: join(new Float64Array(rows), tree.total, detail.total),
    use,
    depth,
  });
}

function complete(columns: Columns): FlameTree {
  const { self, total, use, depth } = columns;
  const rows = self.length;
  const frame = new Uint32Array(rows);
  const inlined = new Uint8Array(rows);
  const parent = new Int32Array(rows).fill(-1);
  const end = new Uint32Array(rows);
  const open: number[] = []; // the rows of the current path, by depth
  let maxDepth = 0;
  let signed = false;
  for (let row = 0; row < rows; ++row) {
    frame[row] = use[row] >>> 1;
    inlined[row] = use[row] & 1;
    while (open.length > depth[row]) end[open.pop()!] = row;
    if (open.length > 0) parent[row] = open[open.length - 1];
    open.push(row);
    if (depth[row] > maxDepth) maxDepth = depth[row];
    if (self[row] < 0 || total[row] < 0) signed = true;
  }
  for (const row of open) end[row] = rows;
  const weight = new Float64Array(rows);
  const hidden = new Uint8Array(rows);
  const known = new Float64Array(rows); // Σ total of the children that were sent
  for (let row = rows - 1; row >= 0; --row) {
    // What was left out below a row still takes its place there.
    const rest = total[row] - self[row] - known[row];
    if (rest !== 0) hidden[row] = 1;
    weight[row] += Math.abs(self[row]) + Math.abs(rest);
    if (row > 0) {
      weight[parent[row]] += weight[row];
      known[parent[row]] += total[row];
    }
  }
  return { ...columns, rows, frame, inlined, parent, end, weight, hidden, maxDepth, signed };
}
