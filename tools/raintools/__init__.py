"""Until a command takes over, Ctrl-C ends its process at once and without a word.

The one package whose `__init__` is not empty: importing click and a command takes the first
0.1 s of every run, during which Python's own handler would raise KeyboardInterrupt in the
middle of an import, out of reach of any `try` of ours, and print its traceback. So the
first thing that a command imports takes that handler away, and `_kit/command.py` puts it
back where the interrupt is caught. Only in processes that are commands; and only with
built-in modules, which cost nothing.
"""

import _signal
import sys

# "-m" while Python looks for the module that it was told to run; another handler: ignored.
is_command = sys.argv[0] == "-m" or sys.argv[0].rpartition("/")[2].startswith("rain")
if is_command and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
