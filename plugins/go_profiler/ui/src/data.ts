// What the server tells: fetched once, decoded into typed arrays.

export interface SampleType {
  readonly type: string;
  readonly unit: string;
  readonly total: number;
  readonly totalText: string;
}

export interface Meta {
  readonly source: string;
  readonly node: string;
  readonly diagnosis: string;
  readonly profileType: string;
  readonly fileName: string;
  readonly fileSize: number;
  readonly sampleTypes: readonly SampleType[];
  readonly defaultSampleType: number;
  readonly timeMillis: number; // 0: not known
  readonly durationText: string;
  readonly periodText: string;
  readonly comments: readonly string[];
  readonly docUrl: string;
  readonly binary: string;
  readonly samples: number;
  readonly stacks: number;
  readonly functions: number;
  readonly nowMillis: number; // the server's clock when it answered
  readonly expiryMillis: number;
}

export interface Frames {
  readonly names: readonly string[];
  readonly fileOf: readonly number[]; // index in `files`
  readonly files: readonly string[];
}

/** The call tree in preorder; row 0 is the root. */
export interface FlameTree {
  readonly rows: number;
  readonly depth: Uint16Array;
  readonly frame: Uint32Array;
  readonly inlined: Uint8Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly parent: Int32Array;
  readonly end: Uint32Array; // first row behind the subtree
  readonly weight: Float64Array; // Σ |self| below and in the row: what widths are made of
  readonly maxDepth: number;
  readonly signed: boolean; // holds negative values: a difference
  readonly pruned: number;
}

export interface Top {
  readonly unit: string;
  readonly total: number;
  readonly frame: readonly number[];
  readonly flat: readonly number[];
  readonly cum: readonly number[];
  readonly inlined: readonly number[]; // 0 no, 1 yes, 2 at some places
}

async function get(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, signal ? { signal } : {});
  if (!response.ok) {
    const reason = (await response.text()).trim();
    throw new Error(`${path}: ${response.status} ${reason}`);
  }
  return response;
}

export async function fetchMeta(): Promise<Meta> {
  return (await get('data/meta')).json() as Promise<Meta>;
}

export async function fetchFrames(): Promise<Frames> {
  return (await get('data/frames')).json() as Promise<Frames>;
}

export async function fetchTop(type: number, signal: AbortSignal): Promise<Top> {
  return (await get(`data/top?type=${type}`, signal)).json() as Promise<Top>;
}

export async function fetchFlameTree(type: number, signal: AbortSignal): Promise<FlameTree> {
  return decodeFlameTree(await (await get(`data/flame?type=${type}`, signal)).arrayBuffer());
}

const kMagic = 0x3146444b; // "KDF1", little-endian
const kHeaderBytes = 16;

/** Header {magic, rows, pruned, 0}, then self f64, total f64, use u32, depth u16: one column each. */
export function decodeFlameTree(buffer: ArrayBuffer): FlameTree {
  const header = new Uint32Array(buffer, 0, kHeaderBytes / 4);
  const rows = header[1];
  if (header[0] !== kMagic || buffer.byteLength !== kHeaderBytes + rows * 22) {
    throw new Error('data/flame: not a flame tree of this version');
  }
  const self = new Float64Array(buffer, kHeaderBytes, rows);
  const total = new Float64Array(buffer, kHeaderBytes + rows * 8, rows);
  const use = new Uint32Array(buffer, kHeaderBytes + rows * 16, rows);
  const depth = new Uint16Array(buffer, kHeaderBytes + rows * 20, rows);
  const frame = new Uint32Array(rows);
  const inlined = new Uint8Array(rows);
  const parent = new Int32Array(rows).fill(-1);
  const end = new Uint32Array(rows);
  const weight = new Float64Array(rows);
  const open: number[] = []; // the rows of the current path, by depth
  let maxDepth = 0;
  let signed = false;
  for (let row = 0; row < rows; ++row) {
    frame[row] = use[row] >>> 1;
    inlined[row] = use[row] & 1;
    const level = depth[row];
    while (open.length > level) end[open.pop()!] = row;
    if (open.length > 0) parent[row] = open[open.length - 1];
    open.push(row);
    if (level > maxDepth) maxDepth = level;
    if (self[row] < 0 || total[row] < 0) signed = true;
  }
  for (const row of open) end[row] = rows;
  const known = new Float64Array(rows); // Σ total of the children that were sent
  for (let row = rows - 1; row >= 0; --row) {
    // What was left out below a row still takes its place there.
    weight[row] += Math.abs(self[row]) + Math.abs(total[row] - self[row] - known[row]);
    if (row > 0) {
      weight[parent[row]] += weight[row];
      known[parent[row]] += total[row];
    }
  }
  return { rows, depth, frame, inlined, self, total, parent, end, weight, maxDepth, signed, pruned: header[2] };
}
