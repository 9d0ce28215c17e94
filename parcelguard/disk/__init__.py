"""Bytes on a disk: durable files, the media folder, pictures' sizes. No database."""
