"""What must come before the imports of a command: UTF-8, a quiet Ctrl-C, no search for garbage.

The one package whose `__init__` is not empty. Importing click and a command takes the first
0.1 s of every run, during which Python's own handler would raise KeyboardInterrupt in the
middle of an import, out of reach of any `try` of ours, and print its traceback. So the
first thing that a command imports has Ctrl-C end the process at once and without a word;
`_kit/command.py` puts Python's handler back where the interrupt is caught. And what is being
imported is no garbage: looking for some takes 5 % of that time.

SIGHUP and SIGUSR1 tell rain-serve something, and end a process that does not expect them: so
they wait, blocked, until `rain_serve.py` does.

Names in torrents are UTF-8, and so are their files, whatever the locale: other programs do the
same. Python settles at its start how it spells file names, and does so by the locale if that is
neither C nor UTF-8, or where PYTHONUTF8=0 forbids it not to. Then the command begins once more, in
Python's UTF-8 mode; the locale stays what it is for the programs that it starts.

Only in processes that are commands, and only with built-in modules, which cost nothing.
"""

import _signal  # type: ignore[import-not-found]  # typeshed has no name for it
import sys

# "-m" while Python looks for the module that it was told to run.
if sys.argv[0] == "-m" or sys.argv[0].rpartition("/")[2].startswith("rain"):
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # not when ignored
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    serves = "rain-serve" in sys.argv[0] or "raintools.rain_serve" in sys.orig_argv
    if serves or (sys.argv[0].endswith("rain") and sys.argv[1:2] in (["serve"], ["server"])):
        _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGHUP, _signal.SIGUSR1))
    if sys.getfilesystemencoding() != "utf-8" and sys.executable and "utf8" not in sys._xoptions:
        import posix

        posix.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    import gc

    gc.disable()
