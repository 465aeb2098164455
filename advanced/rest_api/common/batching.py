"""Dynamic batching: requests that wait at the same time share a call."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

from common.problems import Problem

Waiting = tuple[np.ndarray, "Future[np.ndarray]"]


class Batcher:
    """A queue before a model, and a thread that empties it in batches.

    Parameters
    ----------
    compute
        The model: rows to as many rows. Only this thread calls it.
    most_rows
        Of a batch. One request may have as many, too.
    wait
        Seconds that the first one waits for others.
    most_waiting
        Requests in the queue; the next one is refused.
    observe
        Is told of each batch: its rows, and its seconds.
    """

    def __init__(
        self,
        compute: Callable[[np.ndarray], np.ndarray],
        most_rows: int,
        wait: float,
        most_waiting: int,
        observe: Callable[[int, float], None],
    ) -> None:
        self.compute, self.observe = compute, observe
        self.most_rows, self.wait = most_rows, wait
        self.queue: queue.Queue[Waiting | None] = queue.Queue(most_waiting)
        self.held: Waiting | None = None  # did not fit into the last batch
        self.closed = False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def submit(self, rows: np.ndarray) -> "Future[np.ndarray]":
        """Queue rows; return what will have their outputs.

        Raises
        ------
        Problem
            503, if the queue is full or closed.
        """
        if self.closed:
            raise Problem(503, "the service is shutting down", retry_after=1)
        answer: Future[np.ndarray] = Future()
        try:
            self.queue.put_nowait((rows, answer))
        except queue.Full:
            why = f"{self.queue.maxsize} requests wait for the model already"
            raise Problem(503, why, retry_after=1) from None
        return answer

    @property
    def alive(self) -> bool:
        """Whether there is somebody who will answer."""
        return self.thread.is_alive() and not self.closed

    def close(self) -> None:
        """Answer all that wait, then end."""
        self.closed = True
        self.queue.put(None)
        self.thread.join()

    def _work(self) -> None:
        while (batch := self._collect()) is not None:
            self._answer(batch)

    def _collect(self) -> list[Waiting] | None:
        """Return those that share the next call; None at the end."""
        first = self.held or self.queue.get()
        self.held = None
        if first is None:
            return None
        batch, rows = [first], len(first[0])
        end = time.monotonic() + self.wait
        while rows < self.most_rows:
            try:
                left = max(0, end - time.monotonic())
                one = self.queue.get(timeout=left)  # 0: what is there
            except queue.Empty:
                break
            if one is None:
                self.queue.put(None)  # for the next time
                break
            rows += len(one[0])
            if rows > self.most_rows:
                self.held = one
                break
            batch.append(one)
        return batch

    def _answer(self, batch: list[Waiting]) -> None:
        # whoever has given up is not computed
        batch = [one for one in batch if one[1].set_running_or_notify_cancel()]
        if not batch:
            return
        together = np.concatenate([rows for rows, _ in batch])
        start = time.perf_counter()
        try:
            outputs = self.compute(together)
        except Exception as error:  # those who wait must hear of it
            for _, answer in batch:
                answer.set_exception(error)
            return
        self.observe(len(together), time.perf_counter() - start)
        place = 0
        for rows, answer in batch:
            answer.set_result(outputs[place : place + len(rows)])
            place += len(rows)
