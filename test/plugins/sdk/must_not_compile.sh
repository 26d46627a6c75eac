#!/usr/bin/env bash
# must_not_compile.sh CASE INCLUDE_FOLDER COMPILER [FLAG...]: CASE compiles, with -DMISUSE it does not, and the error
# says what its "// expect:" line promises. So a misuse stays impossible, and for the reason meant.
set -euo pipefail
case_file=$1 include=$2
shift 2
expected=$(sed -n 's|^// expect: ||p' "$case_file")
[ -n "$expected" ] || { echo "$case_file: no '// expect:' line" >&2; exit 1; }
compile=("$@" -Wall -Wextra -Werror -fsyntax-only -I "$include")

if ! "${compile[@]}" "$case_file"; then
  echo "$case_file: the control variant does not compile" >&2
  exit 1
fi
if errors=$("${compile[@]}" -DMISUSE "$case_file" 2>&1); then
  echo "$case_file: the misuse compiles" >&2
  exit 1
fi
if ! grep -qF -- "$expected" <<<"$errors"; then
  printf '%s: the error does not say "%s":\n%s\n' "$case_file" "$expected" "$errors" >&2
  exit 1
fi
