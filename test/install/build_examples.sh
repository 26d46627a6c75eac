#!/usr/bin/env bash
# build_examples.sh BUILD_TREE FOLDER [CMAKE_INSTALL_ARGUMENT...]: installs the build tree to FOLDER/prefix, then works
# as a stranger who has nothing but that prefix: builds and tests the installed examples with each compiler and
# standard, and does what the installed ABI.md says. Leaves modules and manifests in FOLDER/modules.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build_tree=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
prefix=$folder/prefix
rm -rf "$prefix" "$folder"/{modules,stranger,build-*,c-only}
mkdir "$folder/modules"
fail() { echo "build_examples.sh: $*" >&2; exit 1; }
quietly() { "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; fail "failed: $*"; }; }
one_symbol() { "$here/../plugins/sdk/one_symbol.sh" "$@"; }

quietly cmake --install "$build_tree" --prefix "$prefix" "$@"
cp -r "$prefix/share/kubediag/examples" "$folder/stranger"

# variant NAME CXX CC STANDARD
variant() {
  local build=$folder/build-$1
  echo "== $1"
  quietly env CXX="$2" CC="$3" cmake -S "$folder/stranger" -B "$build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_STANDARD="$4" -DCMAKE_CXX_EXTENSIONS=OFF -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic -Werror" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
  quietly cmake --build "$build" -j "$(nproc)"
  quietly ctest --test-dir "$build" --no-tests=error --output-on-failure -j "$(nproc)"
  one_symbol "$build"
}
variant g++-17 g++ gcc 17
variant g++-20 g++ gcc 20
variant clang++-17 clang++ clang 17

# The package says where its own install goes, and does not claim to be another version.
quietly cmake --install "$folder/build-g++-17" --prefix "$folder/build-g++-17/installed"
[ -f "$folder/build-g++-17/installed/lib/kubediag/operations/hello.so" ] || fail "hello.so is not where operations go"
sed 's/find_package(kubediag 0.1/find_package(kubediag 99/' -i.bak "$folder/stranger/CMakeLists.txt"
if cmake -S "$folder/stranger" -B "$folder/build-99" -DCMAKE_PREFIX_PATH="$prefix" >"$folder/log" 2>&1; then
  fail "the package claims to be version 99"
fi
grep -q 'compatible with requested version "99"' "$folder/log" || { cat "$folder/log" >&2; fail "another error"; }
mv "$folder/stranger/CMakeLists.txt.bak" "$folder/stranger/CMakeLists.txt"

# A project without C++.
echo "== C only"
mkdir "$folder/c-only"
cp "$folder/stranger/load_average/load_average.c" "$folder/c-only"
cat >"$folder/c-only/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.18)
project(c_only LANGUAGES C)
find_package(kubediag REQUIRED)
kubediag_add_operation(load_average SOURCES load_average.c)
END
quietly cmake -S "$folder/c-only" -B "$folder/c-only/build" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_C_FLAGS="-std=c11 -Wall -Wextra -Wpedantic -Werror"
quietly cmake --build "$folder/c-only/build"
one_symbol "$folder/c-only/build"

# Each header can be included alone.
for header in "$prefix"/include/kubediag/*.h; do
  quietly g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I "$prefix/include" -x c++ - \
    <<<"#include <kubediag/$(basename "$header")>"
done

# From each build a module that the engine will run.
cp "$folder/build-g++-17/hello.so" "$folder/build-g++-20/largest_files.so" "$folder/build-clang++-17/node_page.so" \
  "$folder/c-only/build/load_average.so" "$folder/modules"
cp "$folder"/stranger/*/*.yaml "$folder/modules"
"$here/../plugins/sdk/abi_md.py" "$prefix/share/kubediag/ABI.md" "$prefix" "$folder/modules"
rm -f "$folder/log"
