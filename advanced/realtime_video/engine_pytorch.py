"""Runs what the PyTorch notebook exported: `.pt2`, and `.pte` for devices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from detection import prepare


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """Return a picture as the network takes it, (1, 3, height, width)."""
    return torch.from_numpy(prepare(pixels)).permute(0, 3, 1, 2)


def to_answers(outputs: torch.Tensor) -> np.ndarray:
    """Return what the network says of one picture, point by point."""
    return outputs[0].permute(1, 2, 0).numpy()


class Exported:
    """A program that `torch.export` recorded."""

    def __init__(self, path: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        program = torch.export.load(path)
        self.module = program.module().to(memory_format=torch.channels_last)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(height, width, 3) -> (rows, columns, 5 + classes)."""
        with torch.inference_mode():
            return to_answers(self.module(to_tensor(pixels)))


class Lowered:
    """A program for ExecuTorch, with XNNPACK as its delegate."""

    def __init__(self, path: Path, threads: int) -> None:
        from executorch.runtime import Runtime

        torch.set_num_threads(threads)
        self.program = Runtime.get().load_program(path)  # must be kept
        self.method = self.program.load_method("forward")

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(height, width, 3) -> (rows, columns, 5 + classes)."""
        tensor = to_tensor(pixels).contiguous()  # it reads memory as it lies
        return to_answers(self.method.execute([tensor])[0])
