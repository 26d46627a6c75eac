// A profile too large to be sent whole: 30 000 leaves of one nanosecond each below ten groups.
import { gzipSync } from 'node:zlib';

const kGroups = 10;
const kLeaves = 3000; // of each group
const kChain = 8; // frames between a group and its leaves

function varint(value) {
  const bytes = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

const number = (field, value) => [...varint(field * 8), ...varint(value)];
const message = (field, bytes) => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
const packed = (field, values) => message(field, values.flatMap(varint));

export function makeLargeProfile() {
  const strings = [''];
  const chunks = [];
  const add = (bytes) => chunks.push(Buffer.from(bytes));
  const intern = (text) => strings.push(text) - 1;
  let functions = 0;
  const addFunction = (name) => {
    const id = ++functions;
    add(message(5, [...number(1, id), ...number(2, intern(name))]));
    add(message(4, [...number(1, id), ...message(4, number(1, id))]));
    return id;
  };
  const nanoseconds = intern('nanoseconds');
  add(message(1, [...number(1, intern('cpu')), ...number(2, nanoseconds)]));
  const main = addFunction('main.main');
  for (let group = 0; group < kGroups; ++group) {
    const stack = [main, addFunction(`example.org/app.group${group}`)];
    for (let i = 0; i < kChain; ++i) stack.unshift(addFunction(`example.org/app.step${group}_${i}`));
    stack.sort((a, b) => b - a); // the later a function was made, the deeper it is
    for (let leaf = 0; leaf < kLeaves; ++leaf) {
      const id = addFunction(`example.org/app.leaf${group}_${leaf}`);
      add(message(2, [...packed(1, [id, ...stack]), ...packed(2, [1])]));
    }
  }
  for (const text of strings) add(message(6, [...Buffer.from(text)]));
  return gzipSync(Buffer.concat(chunks));
}

export const kLargeDepthOfLeaves = kChain + 3;
