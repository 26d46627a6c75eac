// Parts of Go's function names.

// Type parameters may hold slashes and dots of their own.
function withoutParameters(name: string): string {
  const bracket = name.indexOf('[');
  return bracket < 0 ? name : name.slice(0, bracket);
}

/** "k8s.io/apiserver/pkg/server.(*T).F" → "server.(*T).F". */
export function withoutPath(name: string): string {
  return name.slice(withoutParameters(name).lastIndexOf('/') + 1);
}

/** "k8s.io/apiserver/pkg/server.(*T).F" → "k8s.io/apiserver/pkg/server". */
export function packageOf(name: string): string {
  const plain = withoutParameters(name);
  const dot = plain.indexOf('.', plain.lastIndexOf('/') + 1);
  return dot < 0 ? plain : plain.slice(0, dot);
}
