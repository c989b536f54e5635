"""Terminals: sessions of this program, which pages look at.

terminals.py   all of a bay; session.py one tab; shell.py the shell in it
keyboard.py    what is typed, in order and once; scrollback.py what came back; pace.py how fast it may come
"""
