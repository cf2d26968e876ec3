"""Uploaded files on disk without a name, so that none outlives its request.

Django's own handler makes a named file in /tmp. A worker that is killed or runs into its time limit
leaves it there, until nobody can upload any more. A file without a name is gone with its process.
"""

import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class UnnamedFileUploadHandler(FileUploadHandler):
    """For FILE_UPLOAD_HANDLERS, in place of TemporaryFileUploadHandler."""

    file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the file."""
        super().new_file(*args, **kwargs)
        content = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        self.file = UploadedFile(
            content, self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write; a full disk is an error at once, and the room is given back."""
        try:
            self.file.write(raw_data)
        except OSError:
            self.file.close()
            raise

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """The file, ready to be read."""
        file: UploadedFile[bytes] = self.file
        file.seek(0)
        file.size = file_size
        return file

    def upload_interrupted(self) -> None:
        """The client went away."""
        if self.file is not None:
            self.file.close()
