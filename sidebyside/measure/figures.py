"""The figures that notebooks and benchmarks store, and how each is written.

A figure keeps its number: tables, the terminal and the site write it by `Figure.text`, sort and
plot it by `Figure.value`. Every key of a report is known here, as a quantity that is shown or as
one that is kept with a reason; `unknown_figures` finds those that are not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidebyside.files import read_json
from sidebyside.frameworks import LIBRARIES
from sidebyside.measure.code_size import Complexity, measure
from sidebyside.reporting import REPORT_KEY

if TYPE_CHECKING:  # importing it takes a second: only what reads a notebook does
    import nbformat

    from sidebyside.lessons.pairs import Pair

BENCHMARK_FILE, BENCHMARK_PICTURE = "benchmark.json", "benchmark.png"  # in a project's folder


@dataclass(frozen=True)
class Quantity:
    """What a figure is of.

    Attributes
    ----------
    key
        Its name in a report: ``test_accuracy``.
    label
        Its name for people.
    write
        Returns a value as it is written.
    """

    key: str
    label: str
    write: Callable[[float], str]


@dataclass(frozen=True)
class Figure:
    """A measured number, such as 0.11 between 0.10 and 0.12.

    Attributes
    ----------
    quantity
        What it is of.
    value
        The number; of several measurements, what stands for them all.
    low, high
        The least and the greatest of several measurements; None if there was one.
    """

    quantity: Quantity
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def short(self) -> str:
        """The value as it is written, without the range: ``0.11``."""
        return self.quantity.write(self.value)

    @property
    def range(self) -> str:
        """The least and the greatest as they are written, ``0.10–0.12``; empty without them."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.quantity.write(self.low)}–{self.quantity.write(self.high)}"

    @property
    def text(self) -> str:
        """The figure as it is written, with its range if it has one: ``0.11 (0.10–0.12)``."""
        return f"{self.short} ({self.range})" if self.range else self.short

    @property
    def labelled(self) -> str:
        """The figure after its name: ``test accuracy 85.2%``."""
        return f"{self.quantity.label} {self.text}"


Figures = dict[str, Figure]  # by their keys


def seconds(value: float) -> str:
    """Return a time as it is written, with about three digits."""
    decimals = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"


percent = "{:.1%}".format
three_decimals = "{:.3f}".format
two_decimals = "{:.2f}".format
one_decimal = "{:.1f}".format
whole = "{:,.0f}".format

# what a lesson reaches; tables of several lessons show the first that it has
QUALITY = (
    Quantity("test_accuracy", "test accuracy", percent),
    Quantity("test_rmse", "test RMSE", three_decimals),
    Quantity("test_map50", "test mAP at an overlap of 0.5", three_decimals),
    Quantity("recall_at_10", "recall@10", three_decimals),
    Quantity("ndcg_at_10", "NDCG@10", three_decimals),
    Quantity("test_mae_12", "test MAE, 12 months ahead", one_decimal),
    Quantity("network_loss", "loss of the network's picture", whole),
    Quantity("nats_per_character", "nats per character kept back", three_decimals),
    Quantity("mota", "MOTA on the film with known truth", three_decimals),
    Quantity("frechet_distance", "Fréchet distance of drawn digits", two_decimals),
)
# of one lesson's own: on its pages only
OWN = (
    Quantity("train_accuracy", "training accuracy", percent),
    Quantity("single_view_accuracy", "test accuracy with one view of a picture", percent),
    Quantity("bag_accuracy", "test accuracy of the bag of words", percent),
    Quantity("gru_accuracy", "test accuracy of the GRU", percent),
    Quantity("frozen_accuracy", "test accuracy of frozen features and a linear head", percent),
    Quantity("frozen_accuracy_few", "the same with the fewest labels", percent),
    Quantity("frozen_accuracy_many", "the same with the most labels", percent),
    Quantity("tuned_accuracy_few", "test accuracy, fine-tuned with the fewest labels", percent),
    Quantity("tuned_accuracy_many", "test accuracy, fine-tuned with the most labels", percent),
    Quantity("lora_accuracy", "test accuracy of LoRA", percent),
    Quantity("lora_accuracy_few", "test accuracy of LoRA with the fewest labels", percent),
    Quantity("lora_accuracy_many", "test accuracy of LoRA with the most labels", percent),
    Quantity("lstm_accuracy", "test accuracy of the LSTM", percent),
    Quantity("lstm_accuracy_few", "test accuracy of the LSTM with the fewest labels", percent),
    Quantity("lstm_accuracy_many", "test accuracy of the LSTM with the most labels", percent),
    Quantity("lora_seconds", "training with LoRA, s", seconds),
    Quantity("embed_seconds", "one pass over all reviews, s", seconds),
    Quantity("half_frozen_accuracy", "the same, half frozen, on one draw", percent),
    Quantity("scratch_accuracy", "test accuracy from scratch", percent),
    Quantity("gru_train_seconds", "whole training of the GRU, s", seconds),
    Quantity("test_rmse_of_a_line", "test RMSE of a straight line", three_decimals),
    Quantity("test_rmse_overfitted", "test RMSE when overfitted", three_decimals),
    Quantity("model_pictures_per_second", "pictures per second that the model needs", whole),
    Quantity("starved_pictures_per_second", "pictures per second, starved", whole),
    Quantity("mended_pictures_per_second", "pictures per second, mended", whole),
    Quantity("pipeline_gain", "gain of the mended pipeline", "{:.1f} times".format),
    Quantity("test_mae_1", "test MAE, 1 month ahead", one_decimal),
    Quantity("test_mae_36", "test MAE, 36 months ahead", one_decimal),
    Quantity("linear_mae_1", "MAE of the linear model, 1 month ahead", one_decimal),
    Quantity("linear_mae_12", "MAE of the linear model, 12 months ahead", one_decimal),
    Quantity("linear_mae_36", "MAE of the linear model, 36 months ahead", one_decimal),
    Quantity("test_mase_1", "test MASE, 1 month ahead", three_decimals),
    Quantity("test_mase_12", "test MASE, 12 months ahead", three_decimals),
    Quantity("test_mase_36", "test MASE, 36 months ahead", three_decimals),
    Quantity("interval_coverage", "truth inside the intervals of 80 %", percent),
    Quantity("networks", "networks in the ensemble", whole),
    Quantity("int8_accuracy", "test accuracy in int8", percent),
    Quantity("badly_calibrated_accuracy", "test accuracy in int8, wrongly calibrated", percent),
    Quantity("int8_agreement", "answers that int8 leaves alone", percent),
    Quantity("float_kilobytes", "file in float32, kB", whole),
    Quantity("int8_kilobytes", "file in int8, kB", whole),
    Quantity("float_milliseconds", "one picture in float32, ms", "{:.2f}".format),
    Quantity("int8_milliseconds", "one picture in int8, ms", "{:.2f}".format),
    Quantity("no_delegate_milliseconds", "one picture without a delegate, ms", "{:.2f}".format),
    Quantity("requests_per_second", "answers per second, one by one", whole),
    Quantity("batched_requests_per_second", "answers per second, batched", whole),
    Quantity("batching_gain", "gain of dynamic batching", "{:.1f} times".format),
    Quantity("mean_batch_rows", "rows of a batch under load, on average", "{:.1f}".format),
    Quantity("service_requests_per_second", "answers per second to 50 clients", whole),
    Quantity("service_p50_ms", "answered after, median, ms", whole),
    Quantity("service_p95_ms", "the same, 95th percentile, ms", whole),
    Quantity("service_p99_ms", "the same, 99th percentile, ms", whole),
    Quantity("most_requests_per_second", "most answers per second", whole),
    Quantity("saturation_clients", "clients from which it is saturated", whole),
    Quantity("optimise_seconds", "one picture by optimisation, s", seconds),
    Quantity("paint_seconds", "one picture by the network, s", "{:.3f}".format),
    Quantity("speedup", "how many times faster the network is", whole),
    Quantity("optimised_loss", "loss of the optimised picture", whole),
    Quantity("rbc_ap50", "AP of red cells", three_decimals),
    Quantity("wbc_ap50", "AP of white cells", three_decimals),
    Quantity("platelets_ap50", "AP of platelets", three_decimals),
    Quantity("rbc_count_error", "red cells miscounted per picture", "{:.2f}".format),
    Quantity("table_nats", "the same, table of counts", three_decimals),
    Quantity("transformer_nats", "the same, transformer", three_decimals),
    Quantity("token_nats", "the same, LSTM on tokens", three_decimals),
    Quantity("transformer_train_seconds", "whole training of the transformer, s", seconds),
    Quantity("token_train_seconds", "whole training on tokens, s", seconds),
    Quantity("cached_milliseconds", "one more character, cached, ms", "{:.2f}".format),
    Quantity("uncached_milliseconds", "one more character, all again, ms", "{:.2f}".format),
    Quantity("transformer_parameters", "parameters of the transformer", whole),
    Quantity("focal_accuracy", "test accuracy with the focal loss", percent),
    Quantity("spectral_accuracy", "the same, with a spectral-normalised head", percent),
    Quantity("calibration_error", "calibration error with cross-entropy", three_decimals),
    Quantity("focal_calibration_error", "with the focal loss", three_decimals),
    Quantity("spectral_calibration_error", "the same, with a spectral head", three_decimals),
    Quantity("forgetful_accuracy", "test accuracy without the scan", percent),
    Quantity("build_seconds", "building the library, s", seconds),
    Quantity("loop_milliseconds", "the scan as a loop in Python, ms", "{:.2f}".format),
    Quantity("compiled_milliseconds", "the scan compiled, ms", "{:.2f}".format),
    Quantity("kernel_milliseconds", "the scan as a kernel, ms", "{:.2f}".format),
    Quantity("gradient_difference", "a gradient of two processes, off by", "{:.0e}".format),
    Quantity("weights_difference", "weights after 20 steps, off by", "{:.0e}".format),
    Quantity("parallel_gain", "two processes against one, a thread each", "{:.2f} times".format),
    Quantity("communication_share", "all-reduce against the time of a step", percent),
    Quantity("first_version_accuracy", "test accuracy of the first version", percent),
    Quantity("skewed_answers", "answers turned round by skew", percent),
    Quantity("plain_lines", "statements of the plain pipeline", whole),
    Quantity("tool_lines", "statements for the tool", whole),
    Quantity("peeking_alarms", "false alarms of a z-test, 30 looks", percent),
    Quantity("always_valid_alarms", "false alarms of mSPRT, 2,901 looks", percent),
    Quantity("controller_alarms", "good canaries rolled back, simulated", percent),
    Quantity("users_until_accuracy", "users until a less accurate canary is back", whole),
    Quantity("users_until_latency", "users until a slow canary is back", whole),
    Quantity("users_until_errors", "users until a failing canary is back", whole),
    Quantity("users_until_promotion", "users until a good canary is promoted", whole),
    Quantity("margin_promoted", "canaries at the margin promoted, simulated", percent),
    Quantity("least_power", "bad canaries rolled back, simulated, at least", percent),
    Quantity("mean_users_accuracy", "simulated, until a less accurate one is back, mean", whole),
    Quantity("mean_users_latency", "simulated, until a slow one is back, mean", whole),
    Quantity("mean_users_errors", "simulated, until a failing one is back, mean", whole),
    Quantity("idf1", "IDF1 on the film with known truth", three_decimals),
    Quantity("id_switches", "id switches on it", whole),
    Quantity("recall", "objects found in it", percent),
    Quantity("frames_per_second", "frames per second at the browser", one_decimal),
    Quantity("latency_p50_ms", "latency to the browser, median, ms", whole),
    Quantity("latency_p95_ms", "latency to the browser, 95 of 100 below, ms", whole),
    Quantity("dropped_frames", "frames dropped", whole),
    Quantity("own_milliseconds", "one frame in the framework, ms", one_decimal),
    Quantity("onnx_milliseconds", "one frame in ONNX Runtime, ms", one_decimal),
    Quantity("device_milliseconds", "one frame in ExecuTorch or LiteRT, ms", one_decimal),
    Quantity("gate_accuracy", "test accuracy of the gate", percent),
    Quantity("resnet_accuracy", "the same, residual blocks", percent),
    Quantity("depthwise_accuracy", "the same, depthwise convolutions", percent),
    Quantity("mixer_accuracy", "the same, an MLP-Mixer", percent),
    Quantity("comparisons_ahead", "comparisons that a candidate wins", whole),
    Quantity("comparisons_behind", "that it loses", whole),
    Quantity("comparisons_equal", "without a difference that matters", whole),
    Quantity("trainings", "trainings of the study", whole),
    Quantity("ddim250_distance", "the same in 250 steps instead of 1,000", two_decimals),
    Quantity("ddim50_distance", "the same in 50 steps", two_decimals),
    Quantity("flow_distance", "flow matching, 50 steps", two_decimals),
    Quantity("floor_distance", "the floor: real digits", two_decimals),
    Quantity("ceiling_distance", "the ceiling: noise", whole),
    Quantity("guided_accuracy", "guided digits that are the right ones", percent),
    Quantity("flow_guided_accuracy", "the same, flow matching", percent),
    Quantity("judge_accuracy", "test accuracy of the classifier that judges", percent),
    Quantity("ho_seconds", "100 digits in 1,000 steps, s", seconds),
    Quantity("ddim50_seconds", "100 digits in 50 steps, s", seconds),
    Quantity("training_steps", "steps of the training", whole),
    Quantity("flow_training_steps", "steps of the training, flow matching", whole),
    Quantity("flow_train_seconds", "whole training, flow matching, s", seconds),
    Quantity("mended_accuracy", "test accuracy of the mended network", percent),
    Quantity("convolution_short_accuracy", "test accuracy, convolution, short time", percent),
    Quantity("plain_short_accuracy", "test accuracy, transformer, short time", percent),
    Quantity("adamw_accuracy", "with AdamW alone, short time", percent),
    Quantity("stem_accuracy", "with a convolutional stem, short time", percent),
    Quantity("strong_accuracy", "with stronger augmentation, short time", percent),
    Quantity("distilled_accuracy", "with a teacher, short time", percent),
    Quantity("convolution_tenth_accuracy", "convolution, a tenth of the pictures", percent),
    Quantity("plain_tenth_accuracy", "transformer, a tenth of the pictures", percent),
    Quantity("convolution_shuffled_accuracy", "convolution, patches shuffled", percent),
    Quantity("plain_shuffled_accuracy", "transformer, patches shuffled", percent),
    Quantity("mended_train_seconds", "whole training of the mended network, s", seconds),
    Quantity("epochs", "epochs", whole),
    Quantity("trainable_parameters", "trainable parameters", whole),
)
COST = (
    Quantity("train_seconds", "whole training, s", seconds),
    Quantity("seconds_per_epoch", "one epoch, s", seconds),
    Quantity("import_seconds", "importing, s", seconds),
    Quantity("peak_memory_mb", "peak memory, MB", whole),
    Quantity("parameters", "parameters", whole),
)
CODE = (
    Quantity("lines", "lines of code", whole),
    Quantity("tokens", "tokens of code", whole),
)
QUANTITIES = {quantity.key: quantity for quantity in (*QUALITY, *OWN, *COST, *CODE)}

# keys that stay in the notebook, where the lesson talks about them, each with the reason
KEPT = {
    "batches_digest": "a fingerprint of an epoch's batches, the same in both frameworks",
    "bfloat16": "whether the training used it, which depends on the processor",
    "batches": "how many batches a loader makes: an answer that the lesson derives",
    "gradient_at_2": "a derivative that the lesson computes by hand, too",
    "intercept": "one of the two numbers of a fitted line",
    "loss_after": "the loss on a toy set, which the lesson compares with the one before",
    "loss_before": "the loss on a toy set before the training",
    "mean_squared_error": "of predictions of an untrained model",
    "mistakes": "how many mistakes the lesson makes and mends",
    "slope": "one of the two numbers of a fitted line",
    "training_operations": "of the whole training: the lesson plots accuracy against them",
    "traces_for_four_sizes": "how often a function was traced: an answer that the lesson explains",
}
# what a figure depends on; `sidebyside.report` adds it
CIRCUMSTANCES = ("framework", "data", "python", *LIBRARIES, "cpu", "threads", "system", "date")
LOW, HIGH = "_min", "_max"  # after a key: the least and the greatest of several measurements
# the libraries that a sentence on a measurement names
NAMED = {key: LIBRARIES[key] for key in ("torch", "tensorflow", "keras")} | {"python": "Python"}


def last_report(notebook: nbformat.NotebookNode) -> dict[str, Any] | None:
    """Return what a notebook's `report` cell has stored, or None."""
    for cell in notebook.cells:
        if cell.id == "report" and cell.cell_type == "code":
            for output in cell.outputs:
                if report := output.get("data", {}).get(REPORT_KEY):
                    return dict(report)
    return None


def code_size(notebook: nbformat.NotebookNode) -> Complexity:
    """Return how much code a notebook has."""
    return measure(cell.source for cell in notebook.cells if cell.cell_type == "code")


def figures(notebook: nbformat.NotebookNode) -> Figures:
    """Return a notebook's figures: those that it has reported, and the size of its code.

    Code that is not Python has no size; that it is not, `sidebyside check` says.
    """
    found = list(_reported(last_report(notebook) or {}))
    with contextlib.suppress(SyntaxError):
        size = code_size(notebook)
        found += [Figure(quantity, getattr(size, quantity.key)) for quantity in CODE]
    return _ordered(found)


def unknown_figures(report: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each figure of a report that no table would show.

    Parameters
    ----------
    report
        What a notebook's `report` cell has stored.
    """
    known = {*QUANTITIES, *KEPT, *CIRCUMSTANCES}
    for key in QUANTITIES:
        if {key, key + LOW, key + HIGH} <= set(report):
            known |= {key + LOW, key + HIGH}
    return [
        f"no table knows the figure {key!r}: name it in sidebyside/measure/figures.py, among "
        "those that are shown, or in KEPT with the reason."
        for key in report
        if key not in known
    ]


def load_benchmark(folder: Path) -> dict[str, Any] | None:
    """Return the benchmark that is kept in `folder`, or None."""
    file = folder / BENCHMARK_FILE
    return dict(read_json(file)) if file.is_file() else None


def benchmark_figures(benchmark: Mapping[str, Any] | None, framework: str) -> Figures:
    """Return a framework's figures of a benchmark: medians with their ranges; none without one."""
    summary = benchmark["summary"][framework] if benchmark else {}
    return {
        quantity.key: Figure(quantity, one["median"], one["min"], one["max"])
        for quantity in COST
        if (one := summary.get(quantity.key))
    }


def all_figures(pair: Pair, framework: str) -> Figures:
    """Return one side's figures; what the benchmark has measured is taken from it."""
    measured = benchmark_figures(load_benchmark(pair.folder), framework)
    return with_benchmark(figures(pair.read(framework)), measured)


def with_benchmark(reported: Figures, measured: Figures) -> Figures:
    """Return a notebook's figures, with a benchmark's in place of those that both have."""
    return _ordered((reported | measured).values())


def quantities(sides: Iterable[Figures]) -> list[Quantity]:
    """Return what any of several notebooks has a figure of, in the order of tables."""
    there = {key for side in sides for key in side}
    return [quantity for key, quantity in QUANTITIES.items() if key in there]


def quality(own: Figures) -> list[Figure]:
    """Return the figures that say how good a model is; the first one is what tables show."""
    return [own[quantity.key] for quantity in QUALITY if quantity.key in own]


def machine(report: Mapping[str, Any]) -> str:
    """Return a sentence on what a report was measured with."""
    versions = [f"{name} {report[key]}" for key, name in NAMED.items() if key in report]
    return (
        f"{report['data']} data, {', '.join(versions)}, {report['cpu']}, "
        f"{threads_in_words(report['threads'])}, {report['date']}"
    )


def threads_in_words(count: int) -> str:
    """Return a number of threads in words."""
    return f"{count} thread{'s' if count > 1 else ''}"


def _reported(report: Mapping[str, Any]) -> Iterator[Figure]:
    for key, quantity in QUANTITIES.items():
        if key in report:
            yield Figure(quantity, report[key], report.get(key + LOW), report.get(key + HIGH))


def _ordered(found: Iterable[Figure]) -> Figures:
    by_key = {figure.quantity.key: figure for figure in found}
    return {key: by_key[key] for key in QUANTITIES if key in by_key}
