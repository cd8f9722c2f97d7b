"""Everything that crosses HTTP, as pydantic models: they validate it, and the OpenAPI document is
generated from them.

Requests forbid unknown fields: a misspelt one is an error, not a silent default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

JobState = Literal["queued", "running", "done", "failed", "cancelled", "quarantined"]
FINAL: tuple[JobState, ...] = ("done", "failed", "cancelled", "quarantined")
_LETTER = r'[^\x00-\x1f\x7f/\\:*?"<>|]'
_EDGE = r'[^\x00-\x1f\x7f/\\:*?"<>|. ]'
WorkflowName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        pattern=f"^{_EDGE}({_LETTER}*{_EDGE})?$",
        description="A name without slashes; it neither starts nor ends with a dot or a space.",
    ),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Request(BaseModel):
    """Base of what clients send."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Answer(BaseModel):
    """Base of what the server sends."""

    model_config = ConfigDict(frozen=True, defer_build=True)


# --- jobs ---------------------------------------------------------------------------------------


class Submission(Request):
    """A job to run: a workflow itself, or the name of a saved one, and its parameters.

    With both, `workflow` is what runs, and `name` says of which saved one it is a state.
    """

    workflow: dict[str, Any] | None = Field(None, description="The workflow document.")
    name: WorkflowName | None = Field(None, description="The name of a saved workflow.")
    parameters: dict[str, Any] = Field(default_factory=dict)
    targets: list[Annotated[str, Field(max_length=400)]] = Field(
        default_factory=list, max_length=1000,
        description='Run only what these need: "node" or "node.output". All outputs where empty. '
        "The rest may be unfinished; then the job keeps only what they need.",
    )  # fmt: skip
    priority: Annotated[int, Field(ge=-100, le=100)] = Field(0, description="Higher runs first.")
    deadline_s: Annotated[float, Field(gt=0, le=7 * 86400)] | None = Field(
        None, description="Seconds one attempt may take before it is stopped."
    )
    webhook: HttpUrl | None = Field(None, description="POSTed the job when it has ended.")
    label: Annotated[str, Field(max_length=200)] | None = None


class ProblemView(Answer):
    """One thing that is wrong with a workflow, and where."""

    path: str
    message: str
    expected: str | None = None
    got: str | None = None
    suggestion: str | None = None


class JobError(Answer):
    """Why a job did not end as done."""

    kind: Literal["node_failed", "worker_died", "deadline", "invalid", "storage", "internal"]
    message: str
    node: str | None = None
    type: str | None = None
    traceback: str | None = None


class OutputView(Answer):
    """Something a job made. A file has a `sha256` and a `url`."""

    node: str
    index: int
    name: str | None = None
    mime: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    preview: bool = False
    url: str | None = None
    thumbnail: str | None = None
    item: dict[str, Any] = Field(default_factory=dict, description="All that the node said of it.")


class NodeState(Answer):
    """What became of a node."""

    state: Literal["ran", "cached", "failed", "skipped"]
    seconds: float


class JobView(Answer):
    """A job."""

    id: str
    state: JobState
    label: str | None = None
    priority: int = 0
    position: int | None = Field(None, description="How many jobs run before it, while queued.")
    workflow_name: str | None = None
    created: float = Field(description="Seconds since the epoch, as all times here.")
    started: float | None = None
    finished: float | None = None
    attempts: int = 0
    device: str | None = None
    error: JobError | None = None
    nodes: dict[str, NodeState] = Field(default_factory=dict)
    outputs: list[OutputView] = Field(default_factory=list)
    last_event: int = Field(0, description="The number of its newest event.")


class JobDetail(JobView):
    """A job with the workflow that it runs, its parameters set."""

    workflow: dict[str, Any]
    parameters: dict[str, Any] = Field(default_factory=dict)
    targets: list[str] = Field(default_factory=list)
    deadline_s: float | None = None
    webhook: str | None = None


class JobList(Answer):
    """A page of jobs, newest first. `next` is the `before` of the next page."""

    jobs: list[JobView]
    next: str | None = None
    counts: dict[str, int] = Field(description="How many jobs there are in each state.")


class Move(Request):
    """Where a waiting job goes in the queue; exactly one field."""

    to: Literal["front", "back"] | None = None
    before: str | None = Field(default=None, description="The id of another waiting job.")
    priority: Annotated[int, Field(ge=-100, le=100)] | None = None


class Deleted(Answer):
    """How many were deleted."""

    deleted: int


class EventView(Answer):
    """One event. `number` counts over all jobs; a client resumes after the last it saw.

    Progress is no history: such events have no number, and are not replayed. Whoever connects
    gets the newest progress of what runs.
    """

    number: int | None
    job: str
    time: float
    event: str
    data: dict[str, Any]


class EventList(Answer):
    """Events after a number, oldest first."""

    events: list[EventView]
    last: int


# --- workflows ----------------------------------------------------------------------------------


class Check(Request):
    """A workflow to check or to plan. With targets, what they do not need may be unfinished."""

    workflow: dict[str, Any]
    parameters: dict[str, Any] = Field(default_factory=dict)
    targets: list[str] = Field(default_factory=list, max_length=1000)


class PlanRequest(Check):
    """A workflow to plan."""

    since: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = Field(
        None, description="A job's id: nodes that run are compared with it, to tell why."
    )


class Checked(Answer):
    """Every problem of a workflow at once; none where it could run."""

    valid: bool
    problems: list[ProblemView]


class PlannedNode(Answer):
    """What a run would do with a node, and why."""

    action: Literal["run", "cached", "unneeded"]
    reason: str | None = None
    tier: str | None = None


class PlanView(Answer):
    """What a run would do. Nodes in subgraphs go by their paths; what is not named is not run."""

    run: int
    cached: int
    unneeded: int
    nodes: dict[str, PlannedNode]


class Save(Request):
    """A workflow to save. `revision`: the one it was made from, 0 for a new name.

    Where somebody saved another one meanwhile, nothing is written and the answer is 409 with the
    newest revision's workflow.
    """

    workflow: dict[str, Any]
    revision: Annotated[int, Field(ge=0, lt=2**63)]
    message: Annotated[str, Field(max_length=500)] | None = None


class Rename(Request):
    """A workflow's new name."""

    name: WorkflowName
    revision: Annotated[int, Field(ge=1, lt=2**63)]


class Revision(Answer):
    """One saved state of a workflow."""

    revision: int
    sha256: str
    saved: float
    bytes: int
    nodes: int
    message: str | None = None


class WorkflowView(Answer):
    """A saved workflow without its content."""

    name: str
    revision: int
    saved: float
    created: float
    nodes: int
    parameters: list[str]
    thumbnail: str | None = Field(
        None, description="In the list: a small version of the last picture that a job of it made."
    )


class WorkflowList(Answer):
    """The saved workflows, by name."""

    workflows: list[WorkflowView]


class WorkflowDetail(WorkflowView):
    """A saved workflow at one revision."""

    workflow: dict[str, Any]


class TemplateView(Answer):
    """A workflow that ships, without its content."""

    name: str
    title: str
    description: str
    nodes: int
    parameters: list[str]
    thumbnail: str | None = Field(None, description="Where a small picture of its output is.")


class TemplateList(Answer):
    """The workflows that ship, the simplest first."""

    templates: list[TemplateView]


class TemplateDetail(TemplateView):
    """A workflow that ships."""

    workflow: dict[str, Any]


class History(Answer):
    """A workflow's revisions, newest first."""

    revisions: list[Revision]


# --- the rest -----------------------------------------------------------------------------------


class Catalogue(Answer):
    """All node types and kinds, as `weft nodes --json` prints them."""

    nodes: list[dict[str, Any]]
    kinds: list[dict[str, Any]]
    digest: str


class NodeView(Answer):
    """One node type: an entry of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="allow")
    id: str
    version: int
    title: str
    help: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    lane: Literal["device", "io", "inline"]
    distribution: str


class ChartRequest(Request):
    """A node's inputs: their literal values, by name, and those that are linked instead."""

    type: Annotated[str, Field(min_length=1, max_length=200)]
    values: dict[str, Any] = Field(default_factory=dict)
    linked: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list, max_length=1000
    )


class ChartView(Answer):
    """A curve. Both lists are equally long, and empty where there is nothing to draw."""

    x: list[float]
    y: list[float]


class ExtensionView(Answer):
    """What a plugin brings for the editor. `widgets`: where each one's ES module is, by name."""

    plugin: str
    distribution: str
    url: str = Field(description="Where its files are; it changes with their content.")
    widgets: dict[str, str]


class WidgetList(Answer):
    """The widgets that plugins bring, which inputs name as `x-widget`."""

    widgets: list[ExtensionView]


class ChoicesView(Answer):
    """What an input may be set to."""

    choices: list[str]


class Upload(Answer):
    """An uploaded file; nodes name it by `name`."""

    name: str
    sha256: str
    bytes: int
    mime: str
    created: float
    url: str
    thumbnail: str | None = None


class UploadList(Answer):
    """The uploaded files, newest first."""

    uploads: list[Upload]


class ModelView(Answer):
    """A model file. `family`: what its header was recognised as; `title`: the same for people."""

    folder: str
    name: str
    bytes: int | None = None
    family: str | None = None
    title: str | None = None
    thumbnail: str | None = Field(None, description="Where the picture beside the file is.")
    error: str | None = None


class ModelList(Answer):
    """The model files, by folder and name."""

    models: list[ModelView]


class WorkerView(Answer):
    """One worker process."""

    name: str
    device: str
    state: Literal["starting", "ready", "dead", "stopped"]
    pid: int | None = None
    jobs: list[str] = Field(default_factory=list)
    restarts: int = 0


class SystemView(Answer):
    """The machine and the server."""

    versions: dict[str, str]
    uptime: float
    safe_mode: bool = Field(False, description="Whether no plugin but Weft's own is loaded.")
    paused: str | None = Field(None, description="Why the queue is paused, where it is.")
    queue: dict[str, int]
    workers: list[WorkerView]
    devices: list[dict[str, Any]]
    memory: dict[str, Any]
    disk: dict[str, Any]
    cache: dict[str, Any]
    clients: int


class CacheClear(Request):
    """Which tier of the cache to clear; all where none is named."""

    tier: Literal["device", "host", "disk"] | None = None


class CacheCleared(Answer):
    """Bytes that became free."""

    freed: int


class PluginView(Answer):
    """An installed plugin."""

    name: str
    distribution: str
    version: str
    state: Literal["ok", "disabled", "failed"]
    nodes: int = 0
    error: str | None = Field(None, description="Why it failed, with its traceback, or stays out.")
    contributes: dict[str, int] = Field({}, description="How many of what it brings.")
    seconds: float = Field(0.0, description="What its import took when it was last described.")
    heavy: list[str] = Field([], description="The heavy modules that its import brings in.")
    warnings: list[str] = Field([], description="What it uses that is on its way out.")


class PluginList(Answer):
    """The installed plugins."""

    plugins: list[PluginView]


class Paused(Request):
    """Whether the queue waits."""

    paused: bool


class Health(Answer):
    """Whether the server can run jobs. `status`: ok, starting, paused or failing."""

    status: Literal["ok", "starting", "paused", "failing"]
    workers: dict[str, str]


class ErrorBody(Answer):
    """Why a request was refused."""

    code: str
    message: str
    problems: list[ProblemView] = Field(default_factory=list)


class ErrorAnswer(Answer):
    """Every refusal has this body."""

    error: ErrorBody
