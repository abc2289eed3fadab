"""The ABI is that of docs/api-history, and no change of it goes unnoticed."""

import unittest

from abi import CONSTANTS, constants, differences
from header import HEADER

TEXT = HEADER.read_text(encoding="utf-8")
LAST = "uint32_t oap_abi_version(void);"
REMEDY = "an ABI change: if it is meant, raise OAP_ABI_MINOR or OAP_ABI_MAJOR and run `make abi`"


def planted(old: str, new: str) -> str:
    assert old in TEXT, f"oap.h has no {old!r}"
    return TEXT.replace(old, new, 1)


class Abi(unittest.TestCase):
    def test_functions_and_structures_are_those_of_the_dump(self):
        self.assertEqual(differences(TEXT), (0, ""), REMEDY)

    def test_constants_are_those_of_the_list(self):
        self.assertEqual(constants(TEXT), CONSTANTS.read_text(), REMEDY)

    def test_fields_that_change_places_are_noticed(self):
        encoded = TEXT[TEXT.index("typedef struct oap_encoded {"):]
        swapped = planted(encoded[:encoded.index("}")], "typedef struct oap_encoded { size_t written; size_t rows; ")
        self.assert_noticed(swapped, "'size_t rows' offset changed")

    def test_a_field_of_another_type_is_noticed(self):
        self.assert_noticed(planted("uint32_t retry_after;", "uint64_t retry_after;"), "retry_after")

    def test_a_parameter_of_another_type_is_noticed(self):
        self.assert_noticed(planted("uint64_t up_to);", "uint32_t up_to);"), "parameter 3")

    def test_a_function_that_is_gone_is_noticed(self):
        self.assert_noticed(planted(LAST, ""), "1 Removed")

    def test_a_function_that_is_new_is_noticed(self):
        self.assert_noticed(planted(LAST, f"{LAST}\nint oap_new(int x);"), "1 Added")

    def test_a_constant_of_another_value_or_name_is_noticed(self):
        for new in ("#define OAP_STATUS_OVERLAP 29", "#define OAP_STATUS_OVERLAPS 19",
                    "#define OAP_STATUS_OVERLAP 19\n#define OAP_STATUS_NEW 24"):
            self.assertNotEqual(constants(planted("#define OAP_STATUS_OVERLAP 19", new)), CONSTANTS.read_text())

    def assert_noticed(self, header: str, word: str) -> None:
        status, words = differences(header)
        self.assertNotEqual(status, 0)
        self.assertIn(word, words)
