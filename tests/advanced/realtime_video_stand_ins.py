"""Films, a detector without a network, and a network camera with faults, for the tests."""

import http.server
import json
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import numpy as np

from sidebyside.checkout import ROOT

PROJECT = ROOT / "advanced" / "realtime_video"
CLASSES = ["disc", "square", "triangle"]
HEIGHT, WIDTH = 128, 192

sys.path.insert(0, str(PROJECT))  # as the program itself sees its files


def pictures(count, size=(WIDTH, HEIGHT)):
    """Return pictures on which a bright square moves to the right."""
    frames = []
    for number in range(count):
        picture = np.full((size[1], size[0], 3), 40, np.uint8)
        left = 10 + 3 * number
        picture[40:80, left : left + 40] = 220
        frames.append(picture)
    return frames


def write_film(path, frames, rate=30):
    """Write pictures as H.264, with the table of contents at the front."""
    import av

    with av.open(str(path), "w", options={"movflags": "faststart"}) as film:
        stream = film.add_stream("libx264", rate=rate)
        stream.height, stream.width, _ = frames[0].shape
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    return path


def answers(x=0.5, y=0.5):
    """Return what a detector says that sees one disc, a quarter of the picture wide."""
    said = np.full((HEIGHT // 16, WIDTH // 16, 5 + len(CLASSES)), -9.0, np.float32)
    column, row = int(x * said.shape[1]), int(y * said.shape[0])
    said[row, column, :6] = [9, 0, 0, np.log(1 / 3), np.log(1 / 3), 9]
    return said


def write_model(folder, least_score=0.4):
    """Write an ONNX file that gives the same answers to each picture, and its card."""
    from onnx import TensorProto, helper, numpy_helper, save

    shape = (1, HEIGHT // 16, WIDTH // 16, 5 + len(CLASSES))
    nodes = [  # the picture's brightness, times nothing
        helper.make_node("ReduceMean", ["picture"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["said", "zero"], ["answers"]),
    ]
    constants = {"nothing": np.zeros((), np.float32), "said": answers()[None]}
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, (1, HEIGHT, WIDTH, 3))],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    save(model, folder / "detector.onnx")
    card = {"height": HEIGHT, "width": WIDTH, "classes": CLASSES, "least_score": least_score}
    (folder / "detector.json").write_text(json.dumps(card), "utf-8")
    return folder / "detector.onnx"


class Camera(http.server.BaseHTTPRequestHandler):
    """A network camera; its path says what goes wrong the first time."""

    def do_GET(self):
        fault = self.path[1:]
        self.server.calls[fault] += 1
        first = self.server.calls[fault] == 1
        if self.server.calls[fault] > 2:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number, jpeg in enumerate(self.server.jpegs):
            if first and fault == "resized" and number >= 10:
                jpeg = self.server.small
            cut = first and fault == "broken" and number == 10
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + (jpeg[: len(jpeg) // 2] if cut else jpeg) + b"\r\n")
            if cut:
                return None
            time.sleep(2.5 if first and fault == "stalled" and number == 10 else 0.02)
        return None

    def log_message(self, *_):
        pass


@contextmanager
def network_camera():
    """Serve `Camera` on the loopback address; yield where."""
    from drawing import to_jpeg
    from PIL import Image

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads, server.calls = True, Counter()
    server.handle_error = lambda *_: None  # a viewer who leaves is no error
    server.jpegs = [to_jpeg(Image.fromarray(picture)) for picture in pictures(20)]
    server.small = to_jpeg(Image.fromarray(pictures(1, (96, 96))[0]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
