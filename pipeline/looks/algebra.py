"""Masks written as formulas of their names: `sky - sun`, `left & ~(sky + water)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from pipeline.looks.masks import Joined, Mask, complement, difference, intersection, union
from vr360.errors import InputError

_JOINS = {ast.Add: union, ast.BitOr: union, ast.Sub: difference} | {
    ast.Mult: intersection,
    ast.BitAnd: intersection,
}


def parse_mask(formula: str, known: Mapping[str, Mask]) -> Mask:
    """The mask of a formula.

    Args:
        formula: names joined by `+` (or `|`), `-`, `*` (or `&`), and `~` for what is left.
        known: masks by their names.

    Raises:
        InputError: a formula that cannot be read, or a name that nobody knows.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError):
        raise InputError(f"{formula!r} is no formula; join masks by + - & and ~") from None
    return _mask(tree, known, formula)


def names_in(formula: str) -> set[str]:
    """The masks that a formula names; none where it cannot be read."""
    try:
        tree = ast.parse(formula, mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _mask(node: ast.expr, known: Mapping[str, Mask], formula: str) -> Mask:
    if isinstance(node, ast.Name):
        if node.id not in known:
            raise InputError(f"no mask {node.id!r}; there are {', '.join(sorted(known))}")
        return known[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _JOINS:
        parts = [_mask(part, known, formula) for part in (node.left, node.right)]
        return Joined(_JOINS[type(node.op)], parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return Joined(complement, [_mask(node.operand, known, formula)])
    raise InputError(f"{formula!r}: join masks by + - & and ~ alone")
