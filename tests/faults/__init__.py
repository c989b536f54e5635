"""The fault matrix: every way a link to a device can break, made on one machine and looked at.

    rows_*.py   the rows, each a function that makes one fault and returns what was shown
    matrix.py   what a row is, and how an outcome is judged
    bench.py    what a row works with: the door, servers, counters, clocks
    crew.py     several workers, each in a network namespace of its own; worker.py is one of them
    stubs.py    small misbehaving servers · proxy.py a bad cable · netns.py real cables and firewalls
    soak.py     random faults for minutes, while eight threads work
    soak_lab.py the same of a lab: lab_site.py its programs, lab_boards.py its boards, lab_program.py a clock

`make faults` plays all rows and prints the table; test_fast_rows.py plays those that are quick.
"""
