"""The one exception a user is meant to see: a sentence, never a traceback."""


class LinnetError(Exception):
    """Something the user can put right. The message is one sentence: where, what is wrong, what to do."""
