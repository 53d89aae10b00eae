"""The arguments of a call as a model gave them, in the types that the tool takes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from modelatlas.graph.errors import BadInput

Json = dict[str, Any]


def checked(tool: Callable[..., Any], arguments: Mapping[str, Any]) -> Json:
    """The arguments in the types the tool takes. Raises BadInput with what is wrong."""
    wanted = inspect.signature(tool, eval_str=True).parameters
    if unknown := set(arguments) - set(wanted):
        raise BadInput(f"{tool.__name__} takes {', '.join(wanted)}, not {', '.join(sorted(unknown))}.")
    checked = {}
    for name, parameter in wanted.items():
        if name not in arguments:
            raise BadInput(f"{tool.__name__} needs {name}.")
        try:
            checked[name] = TypeAdapter(parameter.annotation).validate_python(arguments[name])
        except ValidationError as error:
            raise BadInput(f"{tool.__name__}: {name}: {error.errors()[0]['msg']}.") from None
    return checked
