"""Parsers: text a device printed -> a reading. One a file, pure, schema in its docstring.

A parser is a module here with

    def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading

It raises NotApplicable (the tool or the thing is not there) or Undecided (nothing to judge). It never returns
a reading made of an error message. It imports no other parser; shared text tools are in `_text.py`.
"""
