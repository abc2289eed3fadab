"""The cases of tests/vectors, one module a topic.

Bytes are built from first principles and every answer is the author's reading of OAP-1.md or telemetry.md: nothing here
decodes a frame or plays a session.
"""
