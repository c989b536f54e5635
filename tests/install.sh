#!/bin/sh
# Installs the packages of file $2 into the virtual environment $1.
# uv reads the index ten times as fast as pip: the one on the PATH, else the pinned one, fetched once.
# uv knows nothing of pip's own settings (mirror, certificates), so where it fails pip does the work.
set -eu
python=$1/bin/python
own_pip() { "$python" -c 'import pip' 2>/dev/null; }
# The pip that Python itself has need not be unpacked first; pip 22.3 and later serve another environment.
serves_others='import pip, sys; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) < (22, 3))'
base=$("$python" -c 'import sys; print(sys._base_executable)')
pip() {
    if ! own_pip && "$base" -c "$serves_others" 2>/dev/null; then
        "$base" -m pip -q --disable-pip-version-check --no-input --python "$python" "$@"
    else
        own_pip || "$python" -m ensurepip >/dev/null
        "$python" -m pip -q --disable-pip-version-check --no-input "$@"
    fi
}
# Into a folder of its own: for that, pip need not start once more in the environment.
fetch_uv() {
    sed -n '/^uv==/,/[^\\]$/p' requirements-dev.txt >"$1/uv.txt"
    set -- --retries 1 install --target "$1/uv" --no-compile --no-deps --require-hashes -r "$1/uv.txt"
    if "$base" -c 'import pip' 2>/dev/null; then
        "$base" -m pip -q --disable-pip-version-check --no-input "$@" 2>/dev/null
    else
        pip "$@" 2>/dev/null
    fi
}
# The first start waits for less: our own files are compiled while packages are fetched.
nice "$python" -m compileall -q app.py utils </dev/null >/dev/null 2>&1 &
for uv in "$(command -v uv || true)" "$1/bin/uv" "$1/uv/bin/uv"; do [ -x "$uv" ] && break; done
{ [ -x "$uv" ] || fetch_uv "$1"; } && "$uv" pip install -q --require-hashes --python "$python" -r "$2" 2>/dev/null ||
    pip install --no-compile -r "$2"
# It waits for neither of these: the packages' compiled files, and pip for whoever wants it. Most files of the
# packages for the tests are never loaded; `make test` compiles those that are.
{
    own_pip || nice "$python" -m ensurepip
    [ "$2" = requirements-dev.txt ] || nice "$python" -m compileall -q "$1/lib"
} </dev/null >/dev/null 2>&1 &
