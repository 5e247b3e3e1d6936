"""Bytes of a file to text and back, so that nothing but the edit changes."""

from __future__ import annotations

import codecs
import hashlib

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import FileText

_PROBE = 8192
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_binary(data: bytes) -> bool:
    """Return whether *data* is no text: it has a NUL near its beginning, as git decides it."""
    return b"\0" in data[:_PROBE]


def decode(path: str, data: bytes) -> FileText:
    """Return *data* as text, with what `encode` needs to give the same bytes again.

    Raises:
        WorkspaceError: It is binary; the message gives what is known of it.
    """
    if is_binary(data):
        digest = hashlib.sha256(data).hexdigest()
        kind = "UTF-16 text" if data.startswith(_UTF16) else f"begins with {data[:8].hex(' ')}"
        raise WorkspaceError(
            f"{path!r} is a binary file ({len(data)} bytes, {kind}, sha256 {digest[:12]}…); "
            "it cannot be read as text",
        )
    encoding, text = _decoded(data)
    newline = _newline_of(text)
    if newline != "\n":
        text = text.replace(newline, "\n")
    return FileText(
        path=path, text=text, encoding=encoding, newline=newline, data=data, size=len(data)
    )


def encode(text: str, *, like: FileText | None) -> bytes:
    """Return *text* as bytes, in the encoding and with the newlines of *like*.

    Without *like* it is UTF-8 and its newlines stay as they are.

    Raises:
        WorkspaceError: The encoding has no such character.
    """
    encoding = like.encoding if like else "utf-8"
    if like and like.newline != "\n":
        text = text.replace(like.newline, "\n").replace("\n", like.newline)
    try:
        if encoding == "latin-1":
            return text.encode("latin-1")
        body = text.encode("utf-8", "surrogateescape" if like else "strict")
    except UnicodeEncodeError as error:
        character = text[error.start : error.start + 1]
        path = repr(like.path) if like else "the file"
        raise WorkspaceError(
            f"{path} is kept in {encoding}, which has no character {character!r}; "
            "leave that character out, or write the file anew",
        ) from error
    return codecs.BOM_UTF8 + body if encoding == "utf-8-sig" else body


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the encoding of a file and its text."""
    marked = data.startswith(codecs.BOM_UTF8)
    raw = data[len(codecs.BOM_UTF8) :] if marked else data
    encoding = "utf-8-sig" if marked else "utf-8"
    try:
        return encoding, raw.decode("utf-8")
    except UnicodeDecodeError:
        # A few bad bytes in a UTF-8 file must not turn its umlauts into two letters each.
        text = raw.decode("utf-8", "surrogateescape")
        bad = sum("\udc80" <= character <= "\udcff" for character in text)
        good = sum(character > "\x7f" for character in text) - bad
        return (encoding, text) if marked or good > bad else ("latin-1", raw.decode("latin-1"))


def _newline_of(text: str) -> str:
    r"""Return the one newline that all lines end with; mixed ones stay in the text, with `\n`."""
    if "\r" not in text:
        return "\n"
    feeds, returns, both = text.count("\n"), text.count("\r"), text.count("\r\n")
    if both == feeds == returns:
        return "\r\n"
    return "\r" if not feeds else "\n"
