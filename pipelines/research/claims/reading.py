"""Reading a claims file: YAML in, typed claims out, and errors that name the line and what to write.

Scalars are kept as they were written: 1.70 has three digits, and a date is still a text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from pipelines.research.claims.claims import AnyClaim, Claim, ClaimsFile

_KINDS: dict[str, type[Claim]] = {
    kind: model
    for model in get_args(get_args(AnyClaim)[0])
    for kind in get_args(model.model_fields["kind"].annotation)
}
_EXAMPLES = {
    "document": "the title of the article",
    "made_at": "2024-12-09T23:00:00Z",
    "id": "L01",
    "number": "$1.7 bn",
    "share": "42 %",
    "ratio": "1.5 times",
    "since": "2 years",
    "period": "2024-11",
    "band": "500 m to 1 bn",
    "change": "+24 %",
    "against": "event 312",
    "word": "far above",
    "level": "$3500",
    "event": "touched",
    "universe": "[BTC, ETH]",
    "members": "[R01, R02]",
    "rank": "2",
    "among": "venues",
    "month": "1",
    "years": "12",
}
_NULLS = {"", "~", "null", "Null", "NULL"}
Location = tuple[int | str, ...]


class ClaimsError(Exception):
    """A claims file that cannot be checked; one line for each problem: file, line, claim, what to write."""

    def __init__(self, path: Path | str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.problems = problems


def read_claims(path: Path) -> tuple[ClaimsFile, dict[str, int]]:
    """The document in a YAML file, and the line of each claim; raises ClaimsError, which names every line
    that is wrong."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ClaimsError(path, [f"cannot be read: {error.strerror}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ClaimsError(path, [f"{where}is no YAML: {getattr(error, 'problem', None) or error}"]) from error
    lines: dict[Location, int] = {}
    problems: list[str] = []
    data = _plain(node, (), lines, problems) if node else None
    if not isinstance(data, dict) or not isinstance(data.get("claims"), list):
        problems.append("line 1: write document, made_at and a list under claims")
    if problems or not isinstance(data, dict):
        raise ClaimsError(path, problems)
    try:
        document = ClaimsFile.model_validate(data)
    except ValidationError as error:
        raise ClaimsError(path, list(_problems(error, data, lines))) from error
    return document, {claim.id: lines["claims", n] for n, claim in enumerate(document.claims)}


def _plain(node: yaml.Node, where: Location, lines: dict[Location, int], problems: list[str]) -> Any:
    """The tree below a node, every scalar as it was written; `lines` says where each place stands."""
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                problems.append(f"line {key.start_mark.line + 1}: {name} stands twice; write it once")
            found[name] = _plain(value, (*where, name), lines, problems)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(value, (*where, n), lines, problems) for n, value in enumerate(node.value)]
    quoted = node.style in {"'", '"'}  # type: ignore[attr-defined]
    return None if node.value in _NULLS and not quoted else str(node.value)


def _problems(error: ValidationError, data: dict[str, Any], lines: dict[Location, int]) -> Iterator[str]:
    found = error.errors()
    for problem in found:
        inside = any(
            other["loc"][: len(problem["loc"])] == problem["loc"] for other in found if other is not problem
        )
        if problem["type"] == "too_short" and inside:
            continue  # the list is short because its members are wrong
        where = tuple(part for part in problem["loc"] if part not in _KINDS or part in {"document"})
        if len(problem["loc"]) > 2 and problem["loc"][0] == "claims":
            where = (*problem["loc"][:2], *problem["loc"][3:])  # pydantic puts the kind behind the number
        line = next(lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in lines)
        claim = data["claims"][where[1]] if len(where) > 1 and where[0] == "claims" else {}
        claim = claim if isinstance(claim, dict) else {}
        name = f"claim {claim.get('id') or 'without id'}: " if claim else ""
        yield f"line {line}: {name}{_message(problem, claim, where)}"


def _message(problem: Any, claim: dict[str, Any], where: Location) -> str:
    field = str(where[-1]) if where else ""
    kind = str(claim.get("kind"))
    match problem["type"]:
        case "union_tag_not_found":
            return f"kind is missing; write kind: and one of {', '.join(_KINDS)}"
        case "union_tag_invalid":
            close = difflib.get_close_matches(kind, _KINDS, n=1)
            meant = f" (did you mean {close[0]}?)" if close else ""
            return f"kind {kind!r} is unknown{meant}; write one of {', '.join(_KINDS)}"
        case "missing":
            return f"{field} is missing; write {field}: {_EXAMPLES.get(field, '...')}"
        case "extra_forbidden":
            model = _KINDS.get(kind)
            known = [f.alias or n for n, f in model.model_fields.items()] if model and len(where) == 3 else []
            fields = f"; a claim of kind {kind} knows {', '.join(known)}" if known else "; leave it out"
            return f"{field} is no field here{fields}"
        case "literal_error":
            return f"{field} {problem['input']!r} is unknown; write {problem['ctx']['expected']}"
        case "value_error":
            return str(problem["ctx"]["error"])
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{problem['input']!r} is no claim; write id: and kind: below a dash"
        case kind_of if kind_of.startswith("date"):
            return f"{field} {problem['input']!r} is no date; write {field}: {_EXAMPLES.get(field, '2024-12-09')}"
        case _:
            return f"{field}: {problem['msg']} (found {problem['input']!r})"
