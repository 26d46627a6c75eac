#!/usr/bin/env bash
# one_symbol.sh FOLDER...: every module below the folders exports kubediag_operation_module_v1 and nothing else. Any
# other symbol could replace one of the process, or of another module, or be replaced by it.
set -euo pipefail
modules=()
while IFS= read -r -d '' module; do modules+=("$module"); done < <(find "$@" -name '*.so' -print0 2>/dev/null)
[ ${#modules[@]} -gt 0 ] || { echo "no module below: $*" >&2; exit 1; }
failed=0
for module in "${modules[@]}"; do
  symbols=$(nm -D --defined-only -- "$module" | awk '{print $NF}')
  if [ "$symbols" != kubediag_operation_module_v1 ]; then
    echo "$module exports: ${symbols:-nothing}" | head -c 2000 >&2
    echo >&2
    failed=1
  fi
done
echo "${#modules[@]} modules"
exit $failed
