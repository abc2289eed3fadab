"""The end-to-end benchmark: two processes on loopback, each on a core of its own."""
