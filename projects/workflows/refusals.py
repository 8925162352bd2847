"""What people ask of runs that is refused at once; the texts are for the person."""


class NotNow(Exception):
    """What was asked for is not possible now."""


class KeyReused(NotNow):
    """The same form was sent again with other values."""


class NothingToCopy(NotNow):
    """Files that are asked for are not copied."""


class TooManyRuns(NotNow):
    """The person has as many runs under way as one may have."""


class RunsStopped(NotNow):
    """Staff have stopped new runs on the server."""


class TokenMissing(NotNow):
    """The server wants a token that it gives out itself, and the person has stored none."""
