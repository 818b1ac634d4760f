import pytest
import torch

from pipeline.optimize.descent import Descent, NotANumberError

AIM = torch.rand(1, 3, 8, 16, generator=torch.Generator().manual_seed(0))


def bowl(rgb: torch.Tensor):
    """Squared distance to `AIM`, steeper in some directions than in others."""
    steep = torch.linspace(1, 20, 16)
    gap = rgb.detach() - AIM
    return {"distance": float((steep * gap**2).mean())}, 2 * steep * gap / gap.numel()


def descent(method: str, iterations: int = 40, evaluate=bowl) -> Descent:
    return Descent(evaluate, torch.full_like(AIM, 0.5), method, 0.1, iterations)


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_it_arrives(method):
    run = descent(method)
    first = next(iter(run.steps()))["distance"]
    last = [terms["distance"] for terms in run.steps()][-1]
    assert last < 1e-2 * first
    assert torch.allclose(run.rgb, AIM, atol=0.1)


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
@pytest.mark.parametrize("halt", [1, 3, 17])
def test_stopping_and_going_on_changes_no_bit(method, halt):
    straight, halted, resumed = (descent(method, 20) for _ in range(3))
    list(straight.steps())
    steps = halted.steps()
    for _ in range(halt):
        next(steps)
    resumed.load(*halted.state())
    list(resumed.steps())
    assert torch.equal(resumed.rgb, straight.rgb)


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_a_loss_that_is_no_number_leaves_the_last_good_picture(method):
    calls = []

    def breaks(rgb):
        calls.append(rgb.detach().clone())
        terms, slope = bowl(rgb)
        return ({"distance": float("nan")}, slope) if len(calls) == 4 else (terms, slope)

    run = descent(method, evaluate=breaks)
    with pytest.raises(NotANumberError, match="no number at iteration"):
        list(run.steps())
    assert torch.equal(run.rgb, calls[2].clamp(0, 1))


def test_pictures_stay_within_their_range():
    run = Descent(lambda rgb: ({"x": 0.0}, torch.ones_like(rgb)), AIM, "adam", 1.0, 3)
    list(run.steps())
    assert float(run.rgb.min()) >= 0
