"""Config and its errors."""

from typing import Any

import pytest

import oap
from oap import Config, ConfigError


def test_the_defaults_are_the_core_s() -> None:
    config = Config()
    assert config.strict_headers
    assert config.enforce_obj_header_on_objects
    assert config.allow_pq_hello_flags
    assert config.seq_rollover_policy == "error"
    assert (config.ack_window_frames, config.max_frame) == (32, oap.MAX_FRAME_BYTES)
    assert config.features is None
    assert oap.Session(config).hello() == oap.Session().hello()


def test_every_field_is_kept() -> None:
    fields: dict[str, Any] = {
        "strict_headers": False,
        "enforce_obj_header_on_objects": False,
        "allow_pq_hello_flags": False,
        "seq_rollover_policy": "wrap",
        "ack_window_frames": 1024,
        "max_frame": 4096,
        "features": (1 << 64) - 1,
    }
    config = Config(**fields)
    assert {name: getattr(config, name) for name in fields} == fields
    assert config == Config(**fields)
    assert hash(config) == hash(Config(**fields))
    for name in fields:
        assert config != Config(**{other: fields[other] for other in fields if other != name})
        with pytest.raises(AttributeError):
            setattr(config, name, fields[name])


@pytest.mark.parametrize(
    ("field", "value", "low", "high"),
    [
        ("ack_window_frames", 0, 1, 1024),
        ("ack_window_frames", 1025, 1, 1024),
        ("ack_window_frames", -1, 1, 1024),
        ("ack_window_frames", 1 << 80, 1, 1024),
        ("max_frame", 4095, 4096, oap.MAX_FRAME_BYTES),
        ("max_frame", oap.MAX_FRAME_BYTES + 1, 4096, oap.MAX_FRAME_BYTES),
        ("features", -1, 0, (1 << 64) - 1),
        ("features", 1 << 64, 0, (1 << 64) - 1),
    ],
)
def test_an_error_names_field_value_and_range(field: str, value: int, low: int, high: int) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**{field: value})  # type: ignore[arg-type]
    error = caught.value
    assert (error.field, error.value, error.range) == (field, value, range(low, high + 1))
    assert str(error) == f"{field} = {value} is not in {low}..={high}"


def test_an_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        Config(seq_rollover_policy="never")  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.value) == ("seq_rollover_policy", "never")
    assert caught.value.range == ("error", "wrap")


def test_a_config_error_is_a_value_error_and_an_oap_error() -> None:
    assert issubclass(ConfigError, ValueError)
    assert issubclass(ConfigError, oap.OapError)


def test_wrong_types_and_names_are_type_errors() -> None:
    wrong: list[dict[str, Any]] = [{"max_frame": "4096"}, {"strict_headers": 1}, {"window": 1}]
    for fields in wrong:
        with pytest.raises(TypeError):
            Config(**fields)
    with pytest.raises(TypeError):
        Config(True)  # type: ignore[call-arg]
