# shellcheck shell=bash
# What quickstart and tools/quickstart-cluster share; they source it.

say() { printf '%s\n' "== $*" >&2; }

# What runs in the background ends with the script.
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# sample URL NODE: prints the sample OperationSet and Diagnosis, with these names in them.
sample() {
  sed -e "s|^\( *param.*go_profiler\.source:\).*|\1 $1|" -e "s|^\( *nodeName:\).*|\1 $2|" manifests/samples/go-profiler.yaml |
    awk -v line="source: $1" '{ print } index($0, line) { found = 1 } END { exit !found }'
}
