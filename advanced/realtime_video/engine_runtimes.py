"""Runs exported models without the framework they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from detection import prepare


class Onnx:
    """An ONNX file, from either framework."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        (self.input,) = self.session.get_inputs()

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(height, width, 3) -> (rows, columns, 5 + classes)."""
        batch, torch_order = prepare(pixels), self.input.shape[1] == 3
        if torch_order:
            batch = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        (outputs,) = self.session.run(None, {self.input.name: batch})
        return outputs[0].transpose(1, 2, 0) if torch_order else outputs[0]


class LiteRt:
    """A `.tflite` file; LiteRT uses XNNPACK by itself."""

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """(height, width, 3) -> (rows, columns, 5 + classes)."""
        self.interpreter.set_tensor(self.input, prepare(pixels))
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)[0]
