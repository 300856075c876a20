"""What can go wrong with a document, one class a cause.

    VeilleError
    ├── DocumentError              this document cannot be read; the others go on
    │   ├── EmptyDocument          empty                nothing in it
    │   ├── NoText                 no_text              pages without a text layer
    │   ├── EncryptedDocument      encrypted            a password is needed
    │   ├── DamagedDocument        damaged              cut or corrupt
    │   ├── UnsupportedFormat      unsupported_format   no reader for these bytes
    │   ├── TypeMismatch           type_mismatch        the suffix says one thing, the bytes another
    │   ├── UnsupportedLanguage    unsupported_language neither French nor English
    │   ├── TooLarge               too_large            over a limit that the message states
    │   └── UnreadableFile         unreadable           the disk refuses it
    ├── InvalidRequest             invalid_request      what the caller gave is not in the documented shape
    └── MissingPart                (exit code 5)        a model or table is not installed

`code` is the stable word of SERVICE's closed list; the message names the file,
what was found and what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class VeilleError(Exception):
    """Any failure that Veille can name."""

    code: ClassVar[str] = "internal"


class DocumentError(VeilleError):
    """This document cannot become a record; the rest of the batch goes on."""


class EmptyDocument(DocumentError):
    code = "empty"


class NoText(DocumentError):
    code = "no_text"


class EncryptedDocument(DocumentError):
    code = "encrypted"


class DamagedDocument(DocumentError):
    code = "damaged"


class UnsupportedFormat(DocumentError):
    code = "unsupported_format"


class TypeMismatch(DocumentError):
    code = "type_mismatch"


class UnsupportedLanguage(DocumentError):
    code = "unsupported_language"


class TooLarge(DocumentError):
    code = "too_large"


class UnreadableFile(DocumentError):
    code = "unreadable"


class InvalidRequest(VeilleError):
    """A line, a field or a value that is not in the documented shape."""

    code = "invalid_request"


class MissingPart(VeilleError):
    """A model or a table that an installation should hold is absent."""

    code = "missing_part"
