"""What include/oap.h declares."""

import re
from dataclasses import dataclass
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "oap.h"


@dataclass(frozen=True)
class Parameter:
    type: str
    name: str

    @property
    def is_pointer(self) -> bool:
        return self.type.endswith("*")


@dataclass(frozen=True)
class Function:
    returns: str
    name: str
    parameters: tuple[Parameter, ...]


def parameter(text: str) -> Parameter:
    type_, name = re.fullmatch(r"(.*?)(\w+)", " ".join(text.split())).groups()
    return Parameter(type_.strip(), name)


def functions(header: str | None = None) -> list[Function]:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", header or HEADER.read_text(encoding="utf-8"), flags=re.S)
    declared = text.split('extern "C" {')[1].split("#ifdef __cplusplus")[0]
    found = re.findall(r"^(\w[\w ]*[ *])(oap_\w+)\(([^)]*)\);", declared, flags=re.M)
    return [
        Function(returns.strip(), name, tuple(parameter(p) for p in inner.split(",") if p.strip() != "void"))
        for returns, name, inner in found
    ]


def statuses() -> list[str]:
    return re.findall(r"^#define (OAP_STATUS_\w+)", HEADER.read_text(encoding="utf-8"), flags=re.M)
