"""The real mpremote, as a user runs it."""

import subprocess
import sys


def mpremote(port, *arguments):
    """The output of one command, which must succeed, with \\n at the ends of lines."""
    command = [sys.executable, "-m", "mpremote", "connect", port, *(str(word) for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.replace("\r\n", "\n").strip()
