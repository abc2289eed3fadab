"""validate.py: reads a list of objects of the Prometheus operator as JSON and says what is wrong with each, or null.

It runs in an environment of its own: the package that has the schemas also adds itself to pytest, wherever it is installed.
"""

import json
import sys

from cloudcoil.models.prometheus_operator import v1
from pydantic import ValidationError


def fault(one):
    try:
        known = getattr(v1, one["kind"]).model_validate(one)
    except ValidationError as error:
        return str(error)
    # The models leave out what they don't know.
    same = known.model_dump(mode="json", by_alias=True, exclude_unset=True) == one
    return None if same else "it has a key that the schema does not know"


json.dump([fault(one) for one in json.load(sys.stdin)], sys.stdout)
