"""The offline kit: program and wheels in one zip. `make kit` builds it, `make kit-try` tries it.

targets.py   the computers it is for, and what each takes of requirements.txt
wheels.py    the folder of wheels: fetch what is missing, say what each target finds there
build.py     the zip
start.sh, start.cmd, v3.cmd   what a person starts
fallback.txt where a pinned version has no wheel
"""
