"""What is kept: tables, repositories and photo files.

SQLAlchemy stays inside; nothing is imported here, so that the camera process and the
first paint pay only for the module they use.
"""
