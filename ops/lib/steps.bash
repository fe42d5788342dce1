# What ops/run and ops/test share: numbered steps with their time, the packages of Debian, the toolchain.
# Sourced, with `root` set to the checkout and `step_count` to the number of steps.

step_index=0
started_seconds=$SECONDS
logs="$root/.build/ops-logs"
mkdir -p "$logs"

# say TEXT: one line of progress, with the minutes since the start.
say() {
  printf '[%02d:%02d] %s\n' $(((SECONDS - started_seconds) / 60)) $(((SECONDS - started_seconds) % 60)) "$*"
}

# fail TEXT: ends the script with one line on standard error.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# step TITLE: announces the next step.
step() {
  step_index=$((step_index + 1))
  say "($step_index/$step_count) $*"
}

# logged NAME COMMAND...: runs a command with its output in a log; a line every 20 seconds says how far it is, and a
# failure prints the end of the log.
logged() {
  local name=$1 log="$logs/$1.log" status=0 shown=$SECONDS
  shift
  "$@" >"$log" 2>&1 </dev/null &
  local process=$!
  while kill -0 "$process" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - shown >= 20)); then
      shown=$SECONDS
      say "      $name: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
    fi
  done
  wait "$process" || status=$?
  if ((status != 0)); then
    echo "----- the end of $log -----" >&2
    grep -E 'error:|✘|FAIL|Error' "$log" | head -n 40 >&2
    tail -n 40 "$log" >&2
    fail "$name failed with exit status $status"
  fi
}

# install_packages NAME...: installs the Debian packages that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || fail "these packages are missing, and apt-get is not here: ${missing[*]}"
  local privileged=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "run this as root, or install: ${missing[*]}"
    privileged=(sudo)
  fi
  say "      installing ${missing[*]}"
  logged apt-update "${privileged[@]}" apt-get update -qq
  logged apt-install "${privileged[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends "${missing[@]}"
}

# fetch_promtool: puts Prometheus' checker into .cache/tools, without its server; fails where Debian's archive is not there.
fetch_promtool() {
  local tool=$root/.cache/tools/promtool
  [[ -x $tool ]] && return
  mkdir -p "${tool%/*}"
  (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; } || exit 1
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >"$tool.new" || exit 1
    chmod 0755 "$tool.new" && mv "$tool.new" "$tool"
  ) >"$logs/promtool.log" 2>&1
}

# What a build needs on Debian 12.
build_packages=(build-essential pkg-config git libopenblas-dev libprotobuf-c-dev libssl-dev libsystemd-dev libsqlite3-dev
  zlib1g-dev python3 python3-pip unzip)

# require_swift: stops with the official command where the toolchain is missing or too old.
require_swift() {
  local version
  if ! command -v swift >/dev/null; then
    cat >&2 <<'TEXT'
The Swift toolchain (6.3 or later) is not here. Its official installer is:

  curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init
TEXT
    exit 1
  fi
  version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+')
  if ((${version%%.*} < 6 || (${version%%.*} == 6 && ${version##*.} < 3))); then
    fail "Swift 6.3 or later is needed, this is $version: run 'swiftly install latest'"
  fi
}
