#!/usr/bin/env python3
"""Writes a C program that calls every function of oap.h with NULL for each of its pointers in turn.

Everything else is valid then. A parameter that the tables below don't know is an error: a new function needs its words
here before it passes."""

import sys

from header import Function, Parameter, functions

# The argument for a pointer, and the length that goes with it where one follows. The names are null_sweep.h's.
POINTERS = {
    "struct oap_config *": ("config", None),
    "const struct oap_config *": ("config", None),
    "struct oap_config **": ("&made.config", None),
    "struct oap_config_error *": ("&config_error", None),
    "struct oap_decoder *": ("decoder", None),
    "const struct oap_decoder *": ("decoder", None),
    "struct oap_decoder **": ("&made.decoder", None),
    "struct oap_stream_decoder *": ("stream_decoder", None),
    "const struct oap_stream_decoder *": ("stream_decoder", None),
    "struct oap_stream_decoder **": ("&made.stream_decoder", None),
    "struct oap_session *": ("session", None),
    "const struct oap_session *": ("session", None),
    "struct oap_session **": ("&made.session", None),
    "struct oap_connection *": ("connection", None),
    "const struct oap_connection *": ("connection", None),
    "struct oap_connection **": ("&made.connection", None),
    "struct oap_connection_options *": ("&options", None),
    "const struct oap_connection_options *": ("&options", None),
    "struct oap_connection_info *": ("&info", None),
    "struct oap_piece *": ("&piece", "1"),
    "struct oap_monitor *": ("monitor", None),
    "const struct oap_monitor *": ("monitor", None),
    "struct oap_monitor **": ("&made.monitor", None),
    "struct oap_monitor_limits *": ("&limits", None),
    "const struct oap_monitor_limits *": ("&limits", None),
    "struct oap_readiness *": ("&readiness", None),
    "struct oap_snapshot *": ("&snapshot", None),
    "const struct oap_frame *": ("&ack_to_send", "1"),
    "struct oap_hello *": ("&hello", None),
    "const struct oap_hello *": ("&hello", None),
    "struct oap_reject *": ("&reject", None),
    "struct oap_flow *": ("&flow", None),
    "struct oap_frame_table *": ("&table", None),
    "struct oap_encoded *": ("&encoded", None),
    "struct oap_row *": ("&row", "1"),
    "const struct oap_row *": ("&ack_row", "1"),
    "const uint8_t *": ("ack", "sizeof ack"),
    "uint8_t *": ("out", "sizeof out"),
    "char *": ("page", "sizeof page"),
    "size_t *": ("&size", None),
    "const uint32_t *": ("&body_size", "1"),
    "uint32_t *": ("&code", None),
    "uint64_t *": ("&seq", None),
    "const char **": ("&text", None),
}
TEXTS = {"stream": '"a"', "obj": "OBJ", "reason": '"a"'}
NUMBERS = {
    "allow": "true", "body_len": "1", "bytes": "4096", "code": "1", "enforce": "true", "features": "0", "frames": "1", "kind": "1",
    "now": "1", "ns": "1", "permille": "1", "policy": "0", "ready": "true", "seq": "1", "status": "0", "strict": "true", "up_to": "1",
    "within_ns": "1",
}

# Where NULL means something. Beyond these: *_free(NULL) does nothing, and a function that gives a value gives 0.
EXCEPTIONS = {
    ("oap_connection_data", "seq"): "OAP_STATUS_WAITS_HANDSHAKE",
    ("oap_connection_data_head", "seq"): "OAP_STATUS_WAITS_HANDSHAKE",
    ("oap_connection_new", "config"): "OAP_STATUS_OK",
    ("oap_connection_new", "options"): "OAP_STATUS_OK",
    ("oap_decode", "config"): "OAP_STATUS_OK",
    ("oap_decoder_new", "config"): "OAP_STATUS_OK",
    ("oap_monitor_new", "limits"): "OAP_STATUS_OK",
    ("oap_stream_decoder_new", "config"): "OAP_STATUS_OK",
    ("oap_session_new", "config"): "OAP_STATUS_OK",
}


def valid(parameters: tuple[Parameter, ...]) -> list[str]:
    """An argument each; a length is its pointer's."""
    arguments: list[str] = []
    length = None
    for p in parameters:
        if p.type == "const char *":
            argument, following = TEXTS[p.name], f"strlen({TEXTS[p.name]})"
        elif p.is_pointer:
            argument, following = POINTERS[p.type]
        elif p.type == "size_t" and length:
            argument, following = length, None
        else:
            argument, following = NUMBERS[p.name], None
        arguments.append(argument)
        length = following
    return arguments


def has_length(function: Function, index: int) -> bool:
    return index + 1 < len(function.parameters) and function.parameters[index + 1].type == "size_t"


def call(function: Function, arguments: list[str]) -> str:
    return f"{function.name}({', '.join(arguments)})"


def replaced(arguments: list[str], index: int, *new: str) -> list[str]:
    return [*arguments[:index], *new, *arguments[index + len(new):]]


def expectation(function: Function, parameter: Parameter, with_null: str) -> str:
    if function.returns == "void":
        return f"{with_null};"
    if function.returns != "oap_status":
        return f"CHECK({with_null} == 0);"
    wanted = EXCEPTIONS.get((function.name, parameter.name), "OAP_STATUS_NULL_POINTER")
    return f"CHECK_STATUS({wanted}, {with_null});"


def cases(function: Function):
    """Name and body of each test of a function."""
    arguments = valid(function.parameters)
    if function.returns == "oap_status":
        yield f"{function.name}_takes_what_is_valid", f"CHECK(is_taken({call(function, arguments)}));"
    for index, parameter in enumerate(function.parameters):
        if not parameter.is_pointer:
            continue
        with_null = call(function, replaced(arguments, index, "NULL"))
        yield f"{function.name}_with_null_for_{parameter.name}", expectation(function, parameter, with_null)
        if has_length(function, index):
            empty = call(function, replaced(arguments, index, "NULL", "0"))
            yield f"{function.name}_with_no_{parameter.name}", f"CHECK(is_taken({empty}));"


def swept() -> list[Function]:
    found = [f for f in functions() if any(p.is_pointer for p in f.parameters)]
    stale = EXCEPTIONS.keys() - {(f.name, p.name) for f in found for p in f.parameters}
    if stale:
        sys.exit(f"null_sweep.py: exceptions for what oap.h does not have: {sorted(stale)}")
    return found


def program() -> str:
    tests = []
    for function in swept():
        try:
            tests += cases(function)
        except KeyError as unknown:
            sys.exit(f"null_sweep.py: {function.name}: no argument for {unknown}")
    bodies = [f"static void {name}(void)\n{{\n    set_up();\n    {body}\n    tear_down();\n}}\n" for name, body in tests]
    runs = "".join(f"    RUN({name});\n" for name, _ in tests)
    return '#include "null_sweep.h"\n\n' + "\n".join(bodies) + f"\nint main(void)\n{{\n{runs}    return summary();\n}}\n"


if __name__ == "__main__":
    sys.stdout.write(program())
