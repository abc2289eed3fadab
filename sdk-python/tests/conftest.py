"""Hypothesis's profiles: `--hypothesis-profile=long` for sdk-python/fuzz."""

from hypothesis import HealthCheck, settings

settings.register_profile("long", max_examples=5000, suppress_health_check=list(HealthCheck))
