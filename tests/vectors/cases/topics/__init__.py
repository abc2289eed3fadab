"""One module a file of tests/vectors."""
