"""One training loop for every stage: time or step budget, EMA, atomic checkpoints, resuming.

Every batch is drawn from its own step number, so nothing but tensors and counters has to be
saved for a resumed run to continue exactly as an uninterrupted one.
"""

import copy
import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn


class Task(Protocol):
    """What a stage trains: a module and the loss of one share of one step's batch.

    The share's loss is that of `batch` samples, computed with `module` or a copy of it.
    """

    name: str
    module: nn.Module
    batch: int

    def loss(self, module: nn.Module, step: int, share: int) -> Tensor: ...


@dataclass(frozen=True)
class Plan:
    """How long and how fast. `minutes` is wall time over all runs; `steps` ends it too.

    A step's batch is computed in `shares`, each in a thread of its own: on a few busy cores
    that waits far less than splitting every operation among them.
    """

    lr: float
    steps: int | None = None
    minutes: float | None = None
    warmup: int = 200
    ema: float = 0.999
    shares: int = 1
    weight_decay: float = 0.01
    save_minutes: float = 4.0
    log_every: int = 20


@dataclass
class Progress:
    """What has been spent so far, over all runs."""

    step: int = 0
    samples: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0


def step_seed(seed: int, step: int, share: int) -> int:
    """A seed for the noise of one share of one step."""
    return (seed * 1_000_003 + step) * 64 + share


def fraction_done(plan: Plan, progress: Progress) -> float:
    """0 at the start, 1 when the step or the time budget is spent."""
    by_step = progress.step / plan.steps if plan.steps else 0.0
    by_time = progress.wall_s / (60 * plan.minutes) if plan.minutes else 0.0
    return max(by_step, by_time)


def learning_rate(plan: Plan, progress: Progress) -> float:
    """Linear warm-up, then a cosine to 1 % of the peak."""
    warm = min(1.0, (progress.step + 1) / max(1, plan.warmup))
    done = min(1.0, fraction_done(plan, progress))
    return plan.lr * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def update_ema(average: nn.Module, module: nn.Module, step: int, decay: float) -> None:
    """Moves `average` towards `module`, faster during the first steps."""
    keep = min(decay, (1 + step) / (10 + step))
    for a, b in zip(average.parameters(), module.parameters(), strict=True):
        a.lerp_(b, 1 - keep)


class Shares:
    """Computes a step's gradient in parallel, on copies that share the module's weights."""

    def __init__(self, task: Task, count: int) -> None:
        self.task = task
        self.copies = [task.module]
        for _ in range(count - 1):
            twin = copy.deepcopy(task.module)
            for ours, theirs in zip(twin.parameters(), task.module.parameters(), strict=True):
                ours.data = theirs.data
            self.copies.append(twin)
        self.pool = ThreadPoolExecutor(count)

    def _backward(self, step: int, share: int) -> float:
        module = self.copies[share].train()
        module.zero_grad(set_to_none=True)
        loss = self.task.loss(module, step, share)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def gradient(self, step: int) -> float:
        """Leaves the mean gradient of all shares in the module; returns the mean loss."""
        count = len(self.copies)
        others = [self.pool.submit(self._backward, step, share) for share in range(1, count)]
        losses = [self._backward(step, 0), *(other.result() for other in others)]
        if count > 1:
            for parameters in zip(*(m.parameters() for m in self.copies), strict=True):
                total = parameters[0].grad
                for grad in (p.grad for p in parameters[1:]):
                    if total is not None and grad is not None:
                        total += grad
                if total is not None:
                    total /= count
        return sum(losses) / count


def save_atomically(state: object, path: Path) -> None:
    """Writes beside `path` and renames, so that `path` is always a whole file."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def train(
    task: Task,
    plan: Plan,
    out: Path,
    *,
    resume: bool = False,
    on_save: Callable[[nn.Module, Progress], None] | None = None,
) -> nn.Module:
    """Trains `task` within `plan` and returns its averaged weights.

    `out/NAME.pt` holds the state to resume from, `out/NAME.jsonl` the log. `on_save` is called
    with the averaged weights after every checkpoint.
    """
    out.mkdir(parents=True, exist_ok=True)
    state_path, log_path = out / f"{task.name}.pt", out / f"{task.name}.jsonl"
    average = copy.deepcopy(task.module).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        [p for p in task.module.parameters() if p.requires_grad],
        lr=plan.lr,
        betas=(0.9, 0.99),
        weight_decay=plan.weight_decay,
        fused=True,
    )
    progress = Progress()
    if resume and state_path.exists():
        state = torch.load(state_path, weights_only=True, map_location="cpu")
        task.module.load_state_dict(state["module"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(**state["progress"])

    def save() -> None:
        state = {
            "module": task.module.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": asdict(progress),
        }
        save_atomically(state, state_path)
        if on_save is not None:
            on_save(average, progress)

    shares = Shares(task, plan.shares)
    wall, cpu = time.monotonic(), time.process_time()
    last_save, recent = wall, 0.0
    while fraction_done(plan, progress) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(plan, progress)
        loss = shares.gradient(progress.step)
        nn.utils.clip_grad_norm_(task.module.parameters(), 1.0)
        optimizer.step()
        update_ema(average, task.module, progress.step, plan.ema)
        now, cpu_now = time.monotonic(), time.process_time()
        progress.step += 1
        progress.samples += task.batch * plan.shares
        progress.wall_s += now - wall
        progress.cpu_s += cpu_now - cpu
        wall, cpu = now, cpu_now
        recent += loss
        if progress.step % plan.log_every == 0:
            record = {
                **asdict(progress),
                "loss": recent / plan.log_every,
                "lr": learning_rate(plan, progress),
            }
            with log_path.open("a") as log:
                log.write(json.dumps(record) + "\n")
            recent = 0.0
        if now - last_save > 60 * plan.save_minutes:
            save()
            last_save = time.monotonic()
    save()
    return average.eval()
