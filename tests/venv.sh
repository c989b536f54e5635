#!/bin/sh
# Makes the virtual environment in folder $1 with the first Python that is new enough; $2 names another.
set -eu
for python in "${2:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$python" ] || continue
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break
    python=
done
[ -n "$python" ] || {
    echo "Python 3.11 or newer is needed (found: $(python3 --version 2>&1 | head -n 1))." >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
}
"$python" -m venv --without-pip "$1" # install.sh needs no pip in it
