"""Uploads stay in memory: a private key never touches the disk."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class MemoryUploadHandler(FileUploadHandler):
    """Keep a request's files in memory, FILE_UPLOAD_MAX_MEMORY_SIZE of them in all, or ``room`` bytes.

    Of a file that goes beyond it only the size is kept, so that a form can say that it is too large; Django's own
    handler drops such a file, and the form would take it for one that was not sent.
    """

    def __init__(self, *args: Any, room: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._room = settings.FILE_UPLOAD_MAX_MEMORY_SIZE if room is None else room
        self._content = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nothing."""
        super().new_file(*args, **kwargs)
        self._content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a part while there is room; once there is none, no later part fits either."""
        self._room -= len(raw_data)
        if self._room >= 0:
            self._content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file with the size that it had."""
        self._content.seek(0)
        return InMemoryUploadedFile(
            self._content,
            self.field_name,
            self.file_name or "",
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
