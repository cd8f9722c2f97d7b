"""Every route of the interface. The router, the OpenAPI document and the tests are made of it.

The pages for people (/, /assets/, /ext/, /signin, /signout) are not of the interface.
"""

from __future__ import annotations

from typing import Any

from weft_web.api.routes import files, jobs, models, nodes, server, templates, workflows
from weft_web.api.routing import Header, Route
from weft_web.api.streams import follow_events, follow_socket

SSE = "text/event-stream"
PICTURE = "image/webp"
ANY = "application/octet-stream"
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
KEY = Header(
    "Idempotency-Key",
    "A text of the client's own. Repeating a request with the same one gets the first one's job.",
    {"type": "string", "minLength": 1, "maxLength": jobs.KEY_LENGTH},
)
NONE_MATCH = Header("If-None-Match", "Entity tags that the client has; 304 where one still holds.")
RANGE = Header("Range", "The part that is wanted, such as `bytes=0-1023`.")
LAST_ID = Header("Last-Event-ID", "The number after which to go on; before `since`.", WHOLE)
ETAG = Header("ETag", "Names this content.")
LOCATION = Header("Location", "Where the job is.")
NOT_MODIFIED = {304: "Not changed: the client has it."}
PARTIAL = {206: "The part that was asked for.", 416: "No such part.", **NOT_MODIFIED}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", server.healthz, "server", public=True, also={503: "It cannot."}),
    Route("GET", "/api/openapi.json", server.openapi, "server", media=("application/json",)),
    Route(
        "POST", "/api/jobs", jobs.submit_job, "jobs", status=202, headers=(KEY,),
        replies=(LOCATION,), refusals=(404, 409, 429, 503),
    ),
    Route("GET", "/api/jobs", jobs.list_jobs, "jobs"),
    Route("GET", "/api/jobs/{id}", jobs.get_job, "jobs"),
    Route("DELETE", "/api/jobs/{id}", jobs.delete_job, "jobs", refusals=(409, 507)),
    Route(
        "POST", "/api/jobs/{id}/cancel", jobs.cancel_job, "jobs", status=202, refusals=(409, 507)
    ),
    Route("POST", "/api/jobs/{id}/retry", jobs.retry_job, "jobs", status=202, refusals=(409, 507)),
    Route("POST", "/api/jobs/{id}/move", jobs.move_job, "jobs", refusals=(409,)),
    Route(
        "GET", "/api/jobs/{id}/events", jobs.list_job_events, "events", media=(SSE,),
        headers=(LAST_ID,), refusals=(503,),
    ),
    Route("POST", "/api/queue/pause", jobs.pause_queue, "jobs"),
    Route(
        "GET", "/api/events", follow_events, "events", media=(SSE,), headers=(LAST_ID,),
        refusals=(404, 503), head=False,
    ),
    Route(
        "GET", "/api/ws", follow_socket, "events", status=101, refusals=(404, 426, 503), head=False
    ),
    Route(
        "POST", "/api/validate", workflows.validate_workflow, "workflows", refusals=(503,)
    ),
    Route("POST", "/api/plan", workflows.plan_workflow, "workflows", refusals=(503,)),
    Route(
        "GET", "/api/nodes", nodes.list_nodes, "nodes", also=NOT_MODIFIED, headers=(NONE_MATCH,),
        replies=(ETAG,),
    ),
    Route("GET", "/api/nodes/{type}", nodes.get_node, "nodes"),
    Route("GET", "/api/nodes/{type}/choices/{input}", nodes.list_choices, "nodes", refusals=(503,)),
    Route("POST", "/api/chart", nodes.draw_chart, "nodes", refusals=(404, 503)),
    Route("GET", "/api/widgets", nodes.list_widgets, "nodes"),
    Route("GET", "/api/workflows", workflows.list_workflows, "workflows"),
    Route("GET", "/api/workflows/{name}", workflows.read_workflow, "workflows"),
    Route(
        "PUT", "/api/workflows/{name}", workflows.save_workflow, "workflows",
        also={201: "Saved under a new name."}, refusals=(409,),
    ),
    Route(
        "DELETE", "/api/workflows/{name}", workflows.delete_workflow, "workflows", refusals=(507,)
    ),
    Route(
        "POST", "/api/workflows/{name}/rename", workflows.rename_workflow, "workflows",
        refusals=(409,),
    ),
    Route("GET", "/api/workflows/{name}/history", workflows.list_revisions, "workflows"),
    Route("GET", "/api/templates", templates.list_templates, "workflows"),
    Route("GET", "/api/templates/{name}", templates.read_template, "workflows"),
    Route(
        "GET", "/api/templates/{name}/thumbnail", templates.get_template_thumbnail, "workflows",
        media=(PICTURE,), also=NOT_MODIFIED, headers=(NONE_MATCH,), replies=(ETAG,),
    ),
    Route("GET", "/api/uploads", files.list_uploads, "files"),
    Route(
        "POST", "/api/uploads", files.post_uploads, "files", status=201,
        takes="multipart/form-data", refusals=(409, 429),
    ),
    Route(
        "PUT", "/api/uploads/{name}", files.put_upload, "files", status=201, takes=ANY,
        also={200: "The same content is there already."}, refusals=(409, 429),
    ),
    Route(
        "GET", "/api/uploads/{name}", files.get_upload, "files", media=("*/*",), also=PARTIAL,
        headers=(RANGE, NONE_MATCH), replies=(ETAG,),
    ),
    Route("DELETE", "/api/uploads/{name}", files.delete_upload, "files", refusals=(507,)),
    Route(
        "GET", "/api/uploads/{name}/thumbnail", files.get_upload_thumbnail, "files",
        media=(PICTURE,), also=NOT_MODIFIED, headers=(NONE_MATCH,), replies=(ETAG,),
    ),
    Route(
        "GET", "/api/outputs/{sha256}", files.get_output, "files", media=("*/*",), also=PARTIAL,
        headers=(RANGE, NONE_MATCH), replies=(ETAG,),
    ),
    Route(
        "GET", "/api/outputs/{sha256}/thumbnail", files.get_output_thumbnail, "files",
        media=(PICTURE,), also=NOT_MODIFIED, headers=(NONE_MATCH,), replies=(ETAG,),
    ),
    Route("GET", "/api/models", models.list_models, "server", refusals=(503,)),
    Route(
        "GET", "/api/models/thumbnail", models.get_model_thumbnail, "server",
        media=(PICTURE,), also=NOT_MODIFIED, headers=(NONE_MATCH,), replies=(ETAG,),
        refusals=(404,),
    ),
    Route("GET", "/api/system", server.get_system, "server"),
    Route("POST", "/api/cache/clear", server.clear_cache, "server", refusals=(503,)),
    Route("GET", "/api/plugins", server.list_plugins, "server"),
)  # fmt: skip
