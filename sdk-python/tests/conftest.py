"""Hypothesis's profiles, without a time limit an example: `--hypothesis-profile=long` for sdk-python/fuzz."""

from hypothesis import HealthCheck, settings

settings.register_profile("short", deadline=None)
settings.register_profile("long", max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("short")
