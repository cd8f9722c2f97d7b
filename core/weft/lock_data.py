"""What a lock holds, as data that is checked when it is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# A lock may come from anyone, and people paste what is printed of it into a shell.
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DistributionName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*$", max_length=200)]
Origin = Annotated[
    str,
    Field(
        pattern=r"^(folder|editable|((git|hg|svn|bzr)\+)?https?://[A-Za-z0-9][A-Za-z0-9+.:/@_%~=#-]*)$",
        max_length=2000,
    ),
]
Plain = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$", max_length=4000)]
Size = Annotated[int, Field(ge=0, strict=True)]


class Data(BaseModel):
    """One part of a lock: immutable, and with no field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedPython(Data):
    """The interpreter, such as CPython 3.12.4."""

    implementation: Plain
    version: Plain

    def __str__(self) -> str:
        return f"{self.implementation} {self.version}"


class LockedPlatform(Data):
    """What decides which build of a distribution is installed: Linux, x86_64."""

    system: Plain
    machine: Plain

    def __str__(self) -> str:
        return f"{self.system} {self.machine}"


class LockedTorch(Data):
    """The build of torch: its own version, such as "2.13.0+cpu", and the back end it is for."""

    version: Version
    cuda: Version | None = None
    hip: Version | None = None
    xpu: Version | None = None

    def __str__(self) -> str:
        back_ends = [("CUDA", self.cuda), ("HIP", self.hip), ("XPU", self.xpu)]
        shown = [f"{name} {version}" for name, version in back_ends if version is not None]
        return self.version + (f" for {', '.join(shown)}" if shown else "")


class LockedDistribution(Data):
    """One distribution.

    version: None where it is required, and not installed.
    sha256: of what `hashed` says; None where nothing can be hashed.
    hashed: "record", the digests of the files that a wheel installs, or "sources", the Python files
        of an editable installation.
    origin: "folder" or "editable" where it was installed from a folder, an address where pip took
        it from there, None where it came from an index.
    """

    version: Version | None
    sha256: Sha256 | None = None
    hashed: Literal["record", "sources"] | None = None
    origin: Origin | None = None


class LockedFile(Data):
    """The content of a file or, with `files`, of a folder: the digest of each file in it.

    size: in bytes, of all files together.
    sha256: of the file; of a folder that of the lines that `sha256sum` prints for its files, sorted
        by name.
    """

    size: Size
    sha256: Sha256
    files: dict[Plain, Sha256] | None = None


class LockedWorkflow(Data):
    """What the file says that may change a result; layout and titles are no part of it.

    sha256: of all parts together.
    parts: the digest of each node, by its path in the file, of each subgraph's inputs and outputs,
        and of the parameters.
    """

    sha256: Sha256
    parts: dict[Plain, Sha256]
