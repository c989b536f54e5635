#!/bin/sh
# Installs the packages of file $2 into the virtual environment $1.
# uv reads the index ten times as fast as pip: the one on the PATH, else the pinned one, fetched once.
# uv knows nothing of pip's own settings (mirror, certificates), so where it fails pip does the work.
set -eu
python=$1/bin/python
own_pip() { "$python" -c 'import pip' 2>/dev/null; }
# The pip that Python itself has need not be unpacked first; pip 22.3 and later serve another environment.
pip() {
    base=$("$python" -c 'import sys; print(sys._base_executable)')
    if ! own_pip && "$base" -m pip --python "$python" --version >/dev/null 2>&1; then
        "$base" -m pip -q --disable-pip-version-check --no-input --python "$python" "$@"
    else
        own_pip || "$python" -m ensurepip >/dev/null
        "$python" -m pip -q --disable-pip-version-check --no-input "$@"
    fi
}
fetch_uv() {
    sed -n '/^uv==/,/[^\\]$/p' requirements-dev.txt >"$1/uv.txt"
    pip --retries 1 install --no-compile --no-deps --require-hashes -r "$1/uv.txt" 2>/dev/null
}
uv=$(command -v uv || echo "$1/bin/uv")
{ [ -x "$uv" ] || fetch_uv "$1"; } && "$uv" pip install -q --require-hashes --python "$python" -r "$2" 2>/dev/null ||
    pip install -r "$2"
# The first start waits for neither: compiled files, and pip for whoever wants it.
{ own_pip || "$python" -m ensurepip; nice "$python" -m compileall -q "$1/lib"; } </dev/null >/dev/null 2>&1 &
