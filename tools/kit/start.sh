#!/bin/sh
# V3 Diagnostics on a computer without the internet: sets up .venv from the wheels beside this file, once,
# and opens the page. What follows goes to the program: ./start.sh --demo
set -eu
cd "$(dirname "$0")"
if [ ! -e .venv/ready ]; then
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        "$python" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || { echo "Python 3.11 to 3.14 is needed." >&2; exit 3; }
    echo "Setting up with $("$python" --version) …"
    "$python" -m venv --clear --without-pip .venv
    PYTHONPATH=$(echo wheels/pip-*.whl) .venv/bin/python -m pip install -q --isolated --disable-pip-version-check \
        --no-index --find-links wheels --only-binary :all: --require-hashes -r requirements.txt
    cp tools/v3 .venv/bin/v3
    touch .venv/ready
fi
exec .venv/bin/python app.py "$@"
