"""What a client raises."""

from __future__ import annotations

from weft_web.api.schemas import ProblemView


class ClientError(Exception):
    """Base of what a client raises."""


class UnreachableError(ClientError):
    """No answer, after all tries. Whether the request was carried out is not known."""


class RefusedError(ClientError):
    """The server refused a request.

    status: the HTTP status. code: a word for programs, such as "invalid_workflow".
    message: for people. problems: what is wrong with a workflow.
    """

    def __init__(
        self, status: int, code: str, message: str, problems: tuple[ProblemView, ...] = ()
    ) -> None:
        super().__init__(f"{message} ({status} {code})")
        self.status = status
        self.code = code
        self.message = message
        self.problems = problems


class OutputError(ClientError):
    """A downloaded file is not what the server said, or its name leads out of the folder."""
