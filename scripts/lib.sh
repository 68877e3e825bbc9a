# shellcheck shell=bash
# What the commands in this folder share. Sourced by them, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
STARTED=$SECONDS
# Where a machine says so, every process that a test starts would compile all of us anew; an installed one does not.
unset PYTHONDONTWRITEBYTECODE
STEP=0
STEPS=${STEPS:-1}
cd "$ROOT" || exit 1

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

step() {
  STEP=$((STEP + 1))
  say "[$STEP/$STEPS] $*"
}

# Silent when all goes well; the whole output when it does not.
quietly() {
  local output status=0
  output="$("$@" 2>&1)" || status=$?
  if [ "$status" -ne 0 ]; then
    say "$output"
    say "failed ($status): $*"
  fi
  return "$status"
}

total_time() {
  local took=$((SECONDS - STARTED))
  say "Total: $((took / 60)) min $((took % 60)) s"
}

# ---------------------------------------------------------------- Debian packages

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Installs what is missing of the packages named; asks nothing, and does nothing when all are there.
need_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "    not a Debian system: please see to it that these are installed: $*"
    return 0
  fi
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "root is needed once: run 'apt-get install ${missing[*]}' as root, then this again."
  fi
  say "    installing ${missing[*]}"
  # One unreachable third-party source must not stop us: the installation itself decides.
  quietly apt update || say "    some package lists could not be refreshed; going on with those at hand"
  quietly apt install --no-install-recommends "${missing[@]}" ||
    die "could not install: ${missing[*]}. Mend what apt says above, then run this again."
}

lab_packages() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$ROOT/lab/packages.txt"
}

need_lab_packages() {
  local packages
  mapfile -t packages < <(lab_packages)
  need_packages "${packages[@]}"
}

# For the tests beside the lab: a real MQTT broker, a real PostgreSQL and MariaDB, of which tests start their own. What Debian
# starts by itself is left alone: ours have no port.
need_test_packages() {
  need_lab_packages
  need_packages chromium faketime fonts-dejavu-core gammu-smsd kannel kannel-extras libdbd-sqlite3 mariadb-client-core \
    mariadb-server-core mosquitto openssl postgresql
  need_node_peers
}

# ---------------------------------------------------------------- Node

# Neighbours of the tests that only Node has: their packages, pinned by each package-lock.json; nothing of them is run
# while they are installed.
need_node_peers() {
  local home
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    need_packages nodejs npm
  fi
  for home in "$ROOT"/tests/peers/*/; do
    [ -f "$home/package-lock.json" ] || continue
    cmp -s "$home/package-lock.json" "$home/node_modules/.installed-lock.json" && continue
    say "    installing the Node packages of $(basename "$home")"
    quietly npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund ||
      die "the Node packages of $(basename "$home") could not be installed: see above."
    cp "$home/package-lock.json" "$home/node_modules/.installed-lock.json"
  done
}

# ---------------------------------------------------------------- Python

new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local name
  for name in python3.11 python3 python3.13 python3.12; do
    if command -v "$name" >/dev/null && new_enough "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

# Debian ships `venv` and `ensurepip` apart from Python itself; other Pythons have them inside.
make_venv() {
  local python
  python="$(find_python)" || need_packages python3
  python="$(find_python)" || die "Python 3.11 or newer is needed; this system has none to offer."
  "$python" -c 'import ensurepip, venv' 2>/dev/null || need_packages python3-venv
  rm -rf "${VENV:?}/bin"
  quietly "$python" -m venv "$VENV"
}

# The virtual environment, with this project and its development tools; renewed when pyproject.toml changed.
need_venv() {
  mkdir -p "$VENV"
  (
    flock 9
    local wanted
    wanted="$ROOT $(sha256sum <"$ROOT/pyproject.toml")"
    new_enough "$VENV/bin/python" || make_venv
    [ "$(cat "$VENV/.installed" 2>/dev/null)" = "$wanted" ] && exit 0
    say "    installing the Python packages into .venv (a minute or so, once)"
    quietly "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -e "${ROOT}[dev]" ||
      die "the Python packages could not be installed: see above."
    printf '%s' "$wanted" >"$VENV/.installed"
  ) 9>"$VENV/.lock"
}

# The carriers' own libraries, which tests speak with, and Twilio's description of its interface: an environment of
# their own, because they want other versions than we do. SignalWire's is taken for one file that needs nothing.
need_carrier_libraries() {
  local home="$ROOT/.venv-carriers" list="$ROOT/tests/support/official/requirements.txt" wanted
  wanted="$ROOT $(sha256sum <"$list")"
  [ "$(cat "$home/.installed" 2>/dev/null)" = "$wanted" ] && return 0
  say "    installing the carriers' libraries for the tests (half a minute, once)"
  rm -rf "$home"
  if ! fill_carrier_libraries "$home" "$list"; then
    die "the carriers' libraries could not be installed: see above."
  fi
  printf '%s' "$wanted" >"$home/.installed"
}

fill_carrier_libraries() {
  local home="$1" list="$2"
  quietly "$VENV/bin/python" -m venv "$home" || return 1
  quietly "$home/bin/pip" install --quiet --disable-pip-version-check -r "$list" || return 1
  quietly "$home/bin/pip" install --quiet --disable-pip-version-check --no-deps signalwire==2.1.1 || return 1
  command -v npm >/dev/null || need_packages nodejs npm || return 1
  quietly npm pack --silent --pack-destination "$home" @twilio-alpha/mcp@0.7.0 || return 1
  quietly tar -xzf "$home"/twilio-alpha-mcp-0.7.0.tgz -C "$home" --strip-components=1 package/twilio-oai/spec/json
}

# ---------------------------------------------------------------- tests

MOST_SECOND_TRIES=5
UNSTEADY=""

# Tests with real neighbours listen to the clock of a machine that others may be using. Up to five that fail are tried once
# more, alone. One that passes then is named at the end of the run: it is a defect of the test or of the product all the same.
pytest_with_second_try() {
  local status=0 failed
  "$VENV/bin/pytest" --cache-clear "$@" || status=$?
  case "$status" in
    0) return 0 ;;
    1 | 134) ;; # 134: the phones' library may fall over what a failed test left, once all results are in
    *) return "$status" ;;
  esac
  failed="$(failed_tests)"
  if [ -z "$failed" ] || [ "$(wc -l <<<"$failed")" -gt "$MOST_SECOND_TRIES" ]; then
    return 1
  fi
  say "Tried a second time, alone:" && say "$failed"
  "$VENV/bin/pytest" "$@" -n 0 --last-failed --last-failed-no-failures none || return $?
  UNSTEADY="$UNSTEADY$failed"$'\n'
}

failed_tests() {
  "$VENV/bin/python" -c 'import json, sys; print("\n".join(json.load(open(sys.argv[1]))))' "$ROOT/.pytest_cache/v/cache/lastfailed"
}

tell_unsteady() {
  [ -z "$UNSTEADY" ] || say "PASSED ONLY AT THE SECOND TRY, look into each:"$'\n'"$UNSTEADY"
}

# ---------------------------------------------------------------- checks

run_checks() {
  step "ruff: lint and format"
  quietly "$VENV/bin/ruff" check .
  quietly "$VENV/bin/ruff" format --check .
  step "mypy: types of source and tests"
  quietly "$VENV/bin/mypy"
  step "import-linter: who may know whom"
  quietly "$VENV/bin/lint-imports"
  if command -v shellcheck >/dev/null; then
    step "shellcheck: the scripts"
    local scripts
    mapfile -t scripts < <(grep -lE '^(#!.*bash|# shellcheck shell=bash)' scripts/* .ci/run)
    quietly shellcheck -x -P SCRIPTDIR "${scripts[@]}"
  else
    step "shellcheck is not installed: skipped"
  fi
}
