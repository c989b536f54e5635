"""What tells who and where, or lets somebody in: found, listed, and replaced by tokens of the same form.

rules.py      what to look for: one table
finding.py    how a rule finds its values: behind a word, in the groups of an expression
spoken.py     secrets that no sign announces: in sentences, commands, SNMP
people.py     names in the lines of a log, telephone numbers, places, positions
words.py      how a value ends, and what is too common to mean anybody
views.py      a text as it is read: joined over line ends, without escapes
forms.py      the ways in which a known value may be written
tokens.py     a value -> its token, the same in this and later bundles; the map that stays here
replacer.py   all of it over all files

A token is exactly as long as what it replaces, and of the same kinds of characters: no line, column or number
of digits changes, so no verdict does. Expressions go through RE2: the time grows with the length alone.
"""
