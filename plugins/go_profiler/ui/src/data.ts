// What the server tells, as the page uses it.

import { decodeFlameTree, type FlameTree } from './flame_tree';

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

/** What passes through a path of uses, outermost first; row 0 is the path's last frame. */
export async function fetchFlameBelow(
  type: number,
  path: readonly number[],
  signal: AbortSignal,
): Promise<FlameTree> {
  const query = `data/flame?type=${type}&path=${path.join('.')}`;
  return decodeFlameTree(await (await get(query, signal)).arrayBuffer());
}
