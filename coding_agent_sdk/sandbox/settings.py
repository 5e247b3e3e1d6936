"""The settings of the sandbox that commands run in."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SandboxSettings"]


class SandboxSettings(BaseModel):
    """The section `[plugins.sandbox]`; which sandbox it is says the setting `sandbox`.

    Attributes:
        network: Whether commands may use the network: all of it, the machine's own services too.
        allow_hosts: Hosts that commands may reach by HTTP and TLS, by a proxy that programs find in
            their environment: `example.org`, `*.example.net`, `localhost:8000`. The ports are 80
            and 443 where none is named. Only the sandbox `bubblewrap` holds commands to them.
        read_only: Further files and folders that commands may read.
        read_write: Further folders that commands may write, such as a cache.
        pass_env: Names of further environment variables that commands inherit.
        memory_mb: Address space of one process, in MiB; None has no limit.
        processes: Processes at once; None has no limit.
        file_size_mb: Size of one file, in MiB; None has no limit.
        cpu_seconds: Processor seconds of one process; None has no limit.
        open_files: Open files of one process; None has no limit.
        image: The image of containers, for the sandbox `docker`; it has to be pulled already.
        program: Path of the program that makes the sandbox, where it is not the system's own
            (`/usr/bin/bwrap`); root has to own it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: bool = False
    allow_hosts: list[str] = []
    read_only: list[Path] = []
    read_write: list[Path] = []
    pass_env: list[str] = []
    memory_mb: int | None = Field(default=16 * 1024, ge=16)
    processes: int | None = Field(default=2048, ge=1)
    file_size_mb: int | None = Field(default=8 * 1024, ge=1)
    cpu_seconds: int | None = Field(default=3600, ge=1)
    open_files: int | None = Field(default=16 * 1024, ge=16)
    image: str | None = None
    program: Path | None = None
