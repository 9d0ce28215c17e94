"""What is kept: the tables, and one records module a question.

SQLAlchemy stays inside; nothing is imported here, so that the camera process and the
first paint pay only for the module they use.
"""
