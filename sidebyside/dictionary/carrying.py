"""Writing the counterpart of a call, with the arguments that the program's call has."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Protocol

from sidebyside.dictionary.binding import Fit, plain_dtype
from sidebyside.dictionary.rules import PYTHON, ROOTS, Pattern, Rule
from sidebyside.dictionary.value_flow import UNKNOWN, Value
from sidebyside.frameworks import other

LONGEST = 48  # characters of an argument; a longer one is "…"
MORE = "…"
# what stands for an argument that the program does not have
HINTS = {"parameters": "model.parameters()", "flag": "False"}
SIMPLER = (
    (re.compile(r"ops\.full_like\(ops\.empty\((\([^()]*\))\), "), r"ops.full(\1, "),
    (re.compile(r"ops\.zeros_like\(ops\.empty\((\([^()]*\))\)\)"), r"ops.zeros(\1)"),
    (re.compile(r"ops\.shape\(ops\.empty\((\([^()]*\))\)\)"), r"\1"),
)
ONE_BY_ONE = ("layers", "steps", "xs", "tensors", "sets")  # never one tuple of them
ACTIVATIONS = {
    "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()", "tanh": "nn.Tanh()", "gelu": "nn.GELU()",
    "softmax": "nn.Softmax(dim=-1)", "elu": "nn.ELU()", "selu": "nn.SELU()", "silu": "nn.SiLU()",
    "swish": "nn.SiLU()", "leaky_relu": "nn.LeakyReLU(0.2)", "softplus": "nn.Softplus()",
    "relu6": "nn.ReLU6()", "mish": "nn.Mish()", "hard_sigmoid": "nn.Hardsigmoid()",
    "log_softmax": "nn.LogSoftmax(dim=-1)", "linear": "nn.Identity()", "softsign": "nn.Softsign()",
    "leakyrelu": "nn.LeakyReLU(0.3)", "hard_swish": "nn.Hardswish()", "prelu": "nn.PReLU()",
    "hard_silu": "nn.Hardswish()", "log_sigmoid": "nn.LogSigmoid()", "celu": "nn.CELU()",
}  # fmt: skip


class Program(Protocol):
    """What the writing of arguments asks about the program that they stand in."""

    @property
    def values(self) -> Mapping[int, Value]:
        """What is known of each expression, by the node's identity."""

    def inner(self, place: int | None) -> str | None:
        """Return the counterpart of what stands at a place in an argument; None if it is none."""


def written(rule: Rule, side: str, fit: Fit, program: Program) -> str:
    """Return a rule's counterpart of one side's call, with its arguments."""
    target = rule.write[other(side)]
    carrier = _Carrier(target, fit, program)
    return carrier.remark(target.text) if target.tree is None else carrier.text()


class _Copier(ast.NodeVisitor):
    """Writes a new tree, and leaves the one that it reads as it is."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        return type(node)(**{name: self._field(value) for name, value in ast.iter_fields(node)})

    def _field(self, value: object) -> object:
        if isinstance(value, list):
            return [self._field(one) for one in value]
        return self.visit(value) if isinstance(value, ast.AST) else value


class _Carrier(_Copier):
    """Puts what a program has in the place of a pattern's names."""

    def __init__(self, target: Pattern, fit: Fit, program: Program):
        self.target, self.side, self.fit, self.program = target, target.side, fit, program

    def text(self) -> str:
        """Return the pattern as the other side's program would have it."""
        tree = self.visit(self.target.tree)
        if (
            (self.fit.rest or self.fit.lost)
            and isinstance(tree, ast.Expr)
            and isinstance(tree.value, ast.Call)
        ):
            _add_more(tree.value)
        text = _unparsed(tree).replace(f"**{MORE}", MORE)
        for long, short in SIMPLER:
            text = long.sub(short, text)
        return f"{text}  {self.remark(self.target.remark)}" if self.target.remark else text

    def remark(self, text: str) -> str:
        """Return a remark with what the program has in the place of its names."""
        return re.sub(r"\{(\w+)\}", lambda found: self.one(found[1]), text)

    def one(self, name: str) -> str:
        """Return what the program has for a name of the pattern."""
        bound = self.fit.bound.get(name)
        return self._argument(bound[0], name) if bound else name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        for ending, change in CHANGED.items():
            if node.id.endswith(ending):
                return ast.Name(change(self.one(node.id.removesuffix(ending))))
        bound = self.fit.bound.get(node.id)
        if node.id == "same_padding":
            return ast.Name(_same_padding(self.one("kernel_size"), self.one("size"),
                                          self.one("strides")))  # fmt: skip
        if bound is None:
            return ast.Name(HINTS.get(node.id, node.id))
        if len(bound) == 1:
            return ast.Name(self._only(bound[0], node.id))
        return ast.Name(f"({', '.join(self._argument(one, node.id) for one in bound)})")

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and (bound := self.fit.bound.get(node.value.id)):
            return ast.Attribute(
                ast.Name(self._argument(bound[0], node.value.id, tight=True)), node.attr
            )
        return self.generic_visit(node)

    def visit_List(self, node: ast.List) -> ast.expr:
        parts: list[ast.expr] = []
        for one in node.elts:
            if isinstance(one, ast.Starred) and isinstance(one.value, ast.Name):
                parts += self._spread(one.value.id)
            else:
                parts.append(self.visit(one))
        return ast.List(parts)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.Tuple(self.visit_List(ast.List(node.elts)).elts)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, float):
            return ast.Name(_plain(node.value))
        if isinstance(node.value, str):  # in double quotes, as the dictionary has them
            return ast.Name(json.dumps(node.value, ensure_ascii=False))
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments: list[ast.expr] = []
        for one in node.args:
            if isinstance(one, ast.Starred) and isinstance(one.value, ast.Name):
                arguments += self._spread(one.value.id)
            else:
                arguments.append(self.visit(one))
        keywords = [
            ast.keyword(word.arg, self.visit(word.value))
            for word in node.keywords
            if self._is_bound(word.value)
        ]
        return ast.Call(self.visit(node.func), arguments, keywords)

    def _is_bound(self, value: ast.expr) -> bool:
        """Return whether an argument that is given by name is in the program, or is fixed."""
        names = {re.sub("_(half|less|more)$", "", node.id)
                 for node in ast.walk(value) if isinstance(node, ast.Name)}  # fmt: skip
        fixed = {*self.target.needed, *ROOTS[self.side], *PYTHON}
        return names <= self.fit.bound.keys() | fixed

    def _spread(self, name: str) -> list[ast.expr]:
        """Return arguments one by one, where a pattern has a star."""
        bound = self.fit.bound.get(name)
        if bound is None:
            return []
        if len(bound) == 1 and isinstance(bound[0], ast.Tuple | ast.List):
            bound = tuple(bound[0].elts)
            return self._listed(bound, name)
        if len(bound) == 1 and isinstance(bound[0], ast.Starred):
            return [ast.Starred(ast.Name(self._argument(bound[0].value, name)))]
        if len(bound) == 1 and name not in ONE_BY_ONE and not _is_number(bound[0]):
            return [ast.Starred(ast.Name(self._argument(bound[0], name)))]
        return self._listed(bound, name)

    def _listed(self, nodes: tuple[ast.expr, ...], name: str) -> list[ast.expr]:
        texts = [self._argument(one, name) for one in nodes]
        if sum(map(len, texts)) > LONGEST or (MORE in texts and len(texts) > 3):
            return [ast.Name(MORE)]
        return [ast.Name(text) for text in texts]

    def _only(self, node: ast.expr, name: str) -> str:
        """Return the one argument that is bound to a name; a shape is a tuple."""
        text = self._argument(node, name)
        if isinstance(node, ast.Starred):
            return text.removeprefix("*")
        return f"({text},)" if name == "shape" and _is_number(node) else text

    def _argument(self, node: ast.expr, name: str, *, tight: bool = False) -> str:
        """Return an argument as the other side has it; "…" if it is long."""
        if name in ("data", "dataset") and isinstance(node, ast.Call):
            return name  # another mark says how it is made
        if name in ("dtype", "kind") and (found := _dtype(node, self.side)):
            return found
        if name == "activation" and self.side == "pytorch":
            return _activation(node)
        text = self._translated(node)
        if MORE in text or "\n" in text or len(text) > LONGEST:
            return _shortened(node)
        return f"({text})" if tight and not _is_tight(text) else text

    def _translated(self, node: ast.expr) -> str:
        """Return an argument's text, with the counterparts of the calls that are in it."""
        return _unparsed(_Inner(self.program, self.side).visit(node))


def _unparsed(tree: ast.AST) -> str:
    if isinstance(tree, ast.stmt) and not isinstance(tree, ast.Expr):
        tree = ast.fix_missing_locations(tree)  # ast asks statements for their line
    return ast.unparse(tree)


def _is_tight(text: str) -> bool:
    """Return whether an expression can have a method called without brackets."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return True
    return isinstance(tree, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Tuple)


def _add_more(call: ast.Call) -> None:
    """Say that the program's call has more arguments."""
    inside = call.args[0].elts if call.args and isinstance(call.args[0], ast.List) else call.args
    parts = [one for one in inside if isinstance(one, ast.Call)]
    if ast.unparse(call.func).endswith("Sequential") and parts:
        call = max(parts, key=lambda one: len(one.args) + len(one.keywords))  # the layer itself
    if call.keywords:
        call.keywords.append(ast.keyword(None, ast.Name(MORE)))
    else:
        call.args.append(ast.Name(MORE))


class _Inner(_Copier):
    """Puts the counterparts of calls in the place of the calls inside an argument."""

    def __init__(self, program: Program, side: str):
        self.program, self.side = program, side

    def visit(self, node: ast.AST) -> ast.AST:
        place = id(node)
        if isinstance(node, ast.Call | ast.Attribute | ast.Name):
            value = self.program.values.get(place, UNKNOWN)
            if value.name and (found := _dtype(node, self.side)):
                return ast.Name(found)
            text = self.program.inner(place)
            if text is not None:
                return ast.Name(text)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return ast.Name(json.dumps(node.value, ensure_ascii=False))
        if isinstance(node, ast.JoinedStr):
            return node
        return self.generic_visit(node)


def _shortened(node: ast.expr) -> str:
    if isinstance(node, ast.List):
        return f"[{MORE}]"
    return f"({MORE})" if isinstance(node, ast.Tuple) else MORE


def _is_number(node: ast.expr) -> bool:
    """Return whether a size is one number, as far as one sees, and not a tuple."""
    if isinstance(node, ast.Constant | ast.BinOp | ast.UnaryOp):
        return True
    if isinstance(node, ast.Call):
        return bool(node.args)  # x.size(0)
    if isinstance(node, ast.Subscript):
        return not isinstance(node.slice, ast.Slice)
    text = getattr(node, "attr", getattr(node, "id", ""))
    return isinstance(node, ast.Name | ast.Attribute) and not re.search(
        r"shape|dims$|^sizes?$|[^_]size$", text
    )


def _dtype(node: ast.expr, side: str) -> str:
    """Return a type of numbers as the other side writes it, or nothing."""
    if isinstance(node, ast.Constant):
        last = str(node.value)
    else:
        last = getattr(node, "attr", getattr(node, "id", ""))
    last = plain_dtype(last)
    if not re.fullmatch(r"(u?int|float|bfloat|complex)\d+|bool|string", last):
        return ""
    return f"torch.{last}" if side == "pytorch" else json.dumps(last)


def _activation(node: ast.expr) -> str:
    """Return the module of an activation that Keras has by name."""
    if isinstance(node, ast.Call):
        node = node.func
    last = str(getattr(node, "value", "")) if isinstance(node, ast.Constant) else ""
    last = last or getattr(node, "attr", getattr(node, "id", ""))
    return ACTIVATIONS.get(last.lower(), f"{last or MORE}")


def _half(text: str) -> str:
    """Return half of a size: the padding that keeps a picture's size."""
    try:
        size = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return f"{text} // 2"
    if isinstance(size, tuple):
        halves = tuple(one // 2 for one in size)
        return str(halves[0] if len(set(halves)) == 1 else halves)
    return str(size // 2)


def _same_padding(kernel: str, size: str, stride: str) -> str:
    """Return what Keras's "same" adds on each side, for a size that the stride divides."""
    try:
        size = ast.literal_eval(size if kernel == "kernel_size" else kernel)
        stride = ast.literal_eval(stride)
    except (ValueError, SyntaxError):
        return f"({MORE})"
    height, width = size if isinstance(size, tuple) else (size, size)
    down, right = stride if isinstance(stride, tuple) else (stride, stride)
    rows, columns = max(height - down, 0), max(width - right, 0)
    return str((columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))


def _less(text: str) -> str:
    """Return a stride less one: the padding of a transposed convolution's output."""
    try:
        size = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return f"{text} - 1"
    return str((size[0] if isinstance(size, tuple) else size) - 1)


def _more(text: str) -> str:
    """Return a number and one: Keras counts the epochs of patience from the best one."""
    try:
        return str(ast.literal_eval(text) + 1)
    except (ValueError, SyntaxError, TypeError):
        return f"{text} + 1"


CHANGED = {"_half": _half, "_less": _less, "_more": _more}


def _plain(number: float) -> str:
    """Return a number as one writes it: ``1e-5``."""
    return re.sub(r"e-0?(\d)", r"e-\1", repr(number))
