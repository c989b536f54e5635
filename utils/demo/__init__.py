"""The demo device: an SSH server in this process that replays saved answers. Talks to nobody else.

device.py      the server: socket, host key, login, channels; DemoDevice
lanes.py       what an exec request asks for, and the lane protocol
channel_io.py  a command's streams on a channel, and how it is stopped
commands.py    a command line -> output and exit status
builtins.py    the few commands that are answered live (echo, sleep, cat ...)
saved_answers.py  a catalogue command -> its saved answer, of the demo or of a bundle
logs.py        logs that grow, as utils/live/logs/source.py asks for them
machine.py     what the module is: names, files, clocks
shell.py       the fake shell on a PTY; line_editor.py: a line typed at its prompt
log_script.py  which log a follower's script asks for
local_door.py  a door to this laptop's own shell; recorded_door.py one to the saved answers;
replay_door.py one to a bundle
answers/       <diagnostic-id>.out, .err (text), .exit (a number); the last two only where needed
"""
