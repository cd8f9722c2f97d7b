"""What stands in a path or behind the question mark, as types and models with bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from weft_web.api.schemas import JobState, Request, WorkflowName

LARGEST = 2**63 - 1  # what the database can count to
PICTURE_SIZES = (16, 1024)  # pixels of a thumbnail's longer side

JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="A job's id.")]
TypeId = Annotated[str, Field(min_length=1, max_length=200, description="A node type.")]
InputName = Annotated[str, Field(min_length=1, max_length=200, description="An input's name.")]
UploadName = Annotated[
    # As long as a file's name may be: what was sent may have got an ending and a number.
    str, Field(min_length=1, max_length=240, description="An upload's name, without slashes.")
]


class NoQuery(Request):
    """No query."""


class JobQuery(Request):
    """Which jobs to list."""

    state: list[JobState] = Field(
        default_factory=list, max_length=6, description="Only jobs in these states; repeatable."
    )
    workflow: WorkflowName | None = Field(None, description="Only jobs of this saved workflow.")
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    before: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = Field(
        None, description="The `next` of the page before."
    )


class EventQuery(Request):
    """Which events to list."""

    since: Annotated[int, Field(ge=0, le=LARGEST)] | None = Field(
        None, description="Only events after this number."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 500


class StreamQuery(Request):
    """Which events to be told of."""

    since: Annotated[int, Field(ge=0, le=LARGEST)] | None = Field(
        None, description="First all events after this number; only new ones where not given."
    )
    job: JobId | None = Field(None, description="Only this job's events.")


class SocketQuery(StreamQuery):
    """Which events to be told of, and whether with previews."""

    previews: bool = Field(False, description="Whether to be sent pictures of unfinished work.")


class RevisionQuery(Request):
    """Which revision of a workflow."""

    revision: Annotated[int, Field(ge=1, le=LARGEST)] | None = Field(
        None, description="The newest one where not given."
    )


class OutputQuery(Request):
    """What an output is called when it is saved."""

    name: Annotated[str, Field(max_length=400)] | None = None


class ModelPictureQuery(Request):
    """Which model's picture, and how large."""

    folder: Annotated[str, Field(max_length=40, description="As `/api/models` lists it.")]
    name: Annotated[str, Field(min_length=1, max_length=1000, description="The model's name.")]
    size: Annotated[int, Field(ge=PICTURE_SIZES[0], le=PICTURE_SIZES[1])] = Field(
        256, description="Pixels of the longer side."
    )


class ThumbnailQuery(Request):
    """How large a thumbnail is."""

    size: Annotated[int, Field(ge=PICTURE_SIZES[0], le=PICTURE_SIZES[1])] = Field(
        256, description="Pixels of the longer side."
    )
