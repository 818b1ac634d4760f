"""One picture on its way down an objective; can stop at any step and go on later, to the bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from vr360.errors import InputError

Terms = dict[str, float]
Evaluate = Callable[[Tensor], tuple[Terms, Tensor]]
"""A picture (1, 3, H, W) -> the terms of its objective, and the gradient of their sum."""

HISTORY = 10  # steps that L-BFGS remembers: two pictures of memory each
EVALUATIONS = 20  # of the objective in one step of L-BFGS, at most
STACKED = ("old_dirs", "old_stps", "ro")  # torch's names of that memory
SCRATCH = "al"  # written anew in every step


class NotANumberError(InputError):
    """The objective is no longer a number; `rgb` of the descent is the last good picture."""


class Descent:
    """Adam or L-BFGS from `start`, within [0, 1].

    Args:
        evaluate: an `Objective`.
        start: (1, 3, H, W); not changed.
        method: `adam` or `lbfgs`.
        learning_rate: of Adam, falling to zero along half a cosine.
        iterations: steps to take in all.

    Attributes:
        rgb: (1, 3, H, W) as it is now.
        iteration: steps taken.
    """

    def __init__(
        self, evaluate: Evaluate, start: Tensor, method: str, learning_rate: float, iterations: int
    ) -> None:
        self.iteration = 0
        self.iterations = iterations
        self._evaluate = evaluate
        self._rate = learning_rate
        # L-BFGS views its parameters as one row.
        own = start.detach().clone(memory_format=torch.contiguous_format)
        self._picture = own.requires_grad_()
        self._good = self._picture.detach().clone()
        self._terms: Terms = {}
        self._optimizer = _optimizer(method, self._picture)

    @property
    def rgb(self) -> Tensor:
        return self._picture.detach().clamp(0, 1)

    def steps(self) -> Iterator[Terms]:
        """Take what steps are left; the terms as they were before each.

        Raises:
            NotANumberError: the objective overflowed.
        """
        while self.iteration < self.iterations:
            self._step()
            self.iteration += 1
            yield self._terms

    def _step(self) -> None:
        if isinstance(self._optimizer, torch.optim.Adam):
            done = self.iteration / self.iterations
            self._optimizer.param_groups[0]["lr"] = self._rate * (1 + math.cos(math.pi * done)) / 2
        try:
            self._optimizer.step(self._closure)
        except NotANumberError:
            with torch.no_grad():
                self._picture.copy_(self._good)
            raise

    def _closure(self) -> float:
        with torch.no_grad():
            self._picture.clamp_(0, 1)
        self._terms, self._picture.grad = self._evaluate(self._picture)
        total = sum(self._terms.values())
        if not math.isfinite(total) or not bool(torch.isfinite(self._picture.grad).all()):
            raise NotANumberError(f"the loss is no number at iteration {self.iteration + 1}")
        self._good = self._picture.detach().clone()
        return total

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and numbers that `load` continues from."""
        tensors = {"rgb": self._picture.detach()}
        numbers: dict[str, Any] = {"iteration": self.iteration}
        for name, value in self._optimizer.state[self._picture].items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{name}"] = value
            elif name in STACKED and value:
                tensors[f"stacked.{name}"] = torch.stack(value)
            elif name != SCRATCH:
                numbers[f"optimizer.{name}"] = value
        return {name: t.contiguous().clone() for name, t in tensors.items()}, numbers

    def load(self, tensors: dict[str, Tensor], numbers: dict[str, Any]) -> None:
        """Continue where `state` stood."""
        with torch.no_grad():
            self._picture.copy_(tensors["rgb"])
        self.iteration = int(numbers["iteration"])
        state = self._optimizer.state[self._picture]
        device = self._picture.device
        for key, value in [*tensors.items(), *numbers.items()]:
            kind, _, name = key.partition(".")
            if kind == "stacked":
                state[name] = list(value.to(device))
            elif kind == "optimizer":
                moves = isinstance(value, Tensor) and name != "step"
                state[name] = value.to(device) if moves else value


def _optimizer(method: str, picture: Tensor) -> torch.optim.Optimizer:
    if method == "adam":
        return torch.optim.Adam([picture])
    # Means over millions of pixels have tiny slopes: no tolerance, or it would stop at once.
    return torch.optim.LBFGS(
        [picture],
        max_iter=1,
        max_eval=EVALUATIONS,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=HISTORY,
        line_search_fn="strong_wolfe",
    )
