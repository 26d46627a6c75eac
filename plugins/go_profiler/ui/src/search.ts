// The search box: a regular expression, or plain text where that is no valid expression.

export interface Search {
  readonly text: string;
  readonly plain: boolean; // the text is no valid expression and is looked for as it is
  /** One flag a frame. */
  readonly matches: Uint8Array;
}

const kNothing = new Uint8Array(0);
export const kNoSearch: Search = { text: '', plain: false, matches: kNothing };

function compile(text: string): { test: (name: string) => boolean; plain: boolean } {
  try {
    const expression = new RegExp(text, 'i');
    return { test: (name) => expression.test(name), plain: false };
  } catch {
    const lower = text.toLowerCase();
    return { test: (name) => name.toLowerCase().includes(lower), plain: true };
  }
}

export function search(text: string, names: readonly string[]): Search {
  if (text === '') return kNoSearch;
  const { test, plain } = compile(text);
  const matches = new Uint8Array(names.length);
  for (let i = 0; i < names.length; ++i) {
    if (test(names[i])) matches[i] = 1;
  }
  return { text, plain, matches };
}
