"""The bench: every place where a board can be plugged in, and what runs for it there.

bay, bench, startup        one place; all places of this program, by id; from settings to a running bench
places, discovery          where bays come from: bench.toml, the laptop's USB
no_boards                  a hub's only bay, where no board can be
runner, runs, fleet        run -> judge -> keep -> publish; what is remembered; check-ups of many bays
logged                     what app.log has of check-ups and runs, with their ids
board, facts, headline     what pages show: of one board, of each bay, of a check-up in one line
memory, happenings         what a bay hands to the history: of its runs, and of what happens beside them
boards, identities         which boards are known, and by which identities
normal, called_normal      the file of what a board always says; what a person adds to it
last_known                 what the history says of boards that nobody has checked yet
since, manifest, expected  what changed since it was good; what belongs to a board, learned or said
bundles, replays           a board's records in one file; such files open as bays
result_text, table, sheet, matrix    results as text, rows, report, boards by diagnostics
watching, heat             samples, logs, terminals of a bay; the hottest sensor of each board
swap/                      two parts change places, and the fault shows what it follows
photo                      a photo without what tells where it was taken
"""
