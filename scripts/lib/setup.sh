# Sourced by scripts/setup, demo, check and .ci/run: installs what is missing and builds. Knows Debian 12 and Ubuntu 24.04.
#   NPVERIFY_Z3=wheel|system   which Z3 to build with (default: the wheel pinned in cmake/requirements-z3.txt)
# shellcheck shell=bash disable=SC2034

root_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
z3_choice=${NPVERIFY_Z3:-wheel}
z3_version=$(sed -n 's/^z3-solver==\([0-9.]*\).*/\1/p' "$root_folder/cmake/requirements-z3.txt")
z3_folder=${XDG_CACHE_HOME:-$HOME/.cache}/npverify/z3-$z3_version

build_packages=(g++ cmake ninja-build ccache pkg-config libyaml-dev libsimdjson-dev libyaml-cpp-dev nlohmann-json3-dev
  libcli11-dev libspdlog-dev libcadical-dev libre2-dev libroaring-dev nettle-dev libxxhash-dev libmimalloc-dev python3)
test_packages=(catch2 python3-yaml python3-jsonschema)

say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# The clang of the distribution that compiles our C++20 (Debian's default, 14, does not).
clang_version() {
  case $(. /etc/os-release; printf '%s' "${ID:-}") in
    ubuntu) echo 18 ;;
    *) echo 16 ;;
  esac
}

# z3_packages: what the chosen Z3 needs from apt. The wheel needs nothing more once it is in the cache.
z3_packages() {
  if [[ $z3_choice == system ]]; then echo libz3-dev
  elif [[ ! -e $z3_folder/include/z3++.h ]]; then echo python3-pip
  fi
}

# install_packages NAME...: those that are missing, through apt-get, as root or with a sudo that asks nothing.
install_packages() {
  command -v dpkg-query >/dev/null || fail "apt is not here; install the equivalents of: $*"
  local name missing=() as_root=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || fail "missing packages: ${missing[*]}
Install them with:  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}
then run this script again; nothing else needs root."
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# The pinned wheel, its hash checked by pip, unpacked (a wheel is a zip) into the cache, where cmake finds it.
install_z3() {
  [[ $z3_choice == wheel && ! -e $z3_folder/include/z3++.h ]] || return 0
  say "fetching Z3 $z3_version"
  local work
  work=$(mktemp -d)
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    -r "$root_folder/cmake/requirements-z3.txt" -d "$work" \
    || fail "no Z3 wheel for this machine; use the system's instead:  NPVERIFY_Z3=system $0"
  python3 -m zipfile -e "$work"/z3_solver-*.whl "$work/unpacked"
  mkdir -p "$z3_folder"
  cp -R "$work/unpacked/z3/include" "$work/unpacked/z3/lib" "$z3_folder/"
  rm -rf "$work"
}

# setup PACKAGE...: these packages and Z3.
setup() {
  [[ $z3_choice == wheel || $z3_choice == system ]] || fail "NPVERIFY_Z3 is '$z3_choice'; expected wheel or system"
  # shellcheck disable=SC2046  # words on purpose
  install_packages "$@" $(z3_packages)
  install_z3
}

# configure PRESET CMAKE-OPTION...: quiet unless it fails.
configure() {
  local preset=$1 log
  shift
  log=$(mktemp)
  (cd "$root_folder" && cmake --preset "$preset" -DNPVERIFY_Z3="$z3_choice" "$@") >"$log" 2>&1 || { cat "$log" >&2; fail "cmake failed"; }
  rm -f "$log"
}

# build FOLDER NINJA-ARGUMENT...: on a terminal ninja counts on one line; elsewhere only failures are worth a line.
build() {
  local folder=$1 quiet=()
  shift
  [[ -t 1 ]] || quiet=(--quiet)
  cmake --build "$folder" -- "${quiet[@]}" "$@"
}
