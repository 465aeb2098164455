"""Following names and values through a program, as far as its text shows what they are.

Imports and assignments are followed in the order of the statements, into functions, into the
attributes of the program's own classes, through loops and ``with``. Twice: what a function is given
and gives back is known only after all its calls have been seen. Nothing is executed.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sidebyside.dictionary import kinds
from sidebyside.dictionary.aliases import public

ROUNDS = 2
DEEPEST = 60  # nested functions and expressions; what lies deeper is passed over


class Value(NamedTuple):
    """What is known of a value.

    Attributes
    ----------
    kind
        The full name of the class that it is an object of, or `kinds.FOREIGN`; None if unknown.
    sure
        Whether the text shows it; otherwise it is a guess.
    name
        The full name that it stands for, if it is a module, a class or a function.
    own
        The program's class that it is an object of, or the function or class that it is.
    items
        What it consists of, if it is a tuple; what each of its items is, if it is a list.
    """

    kind: str | None = None
    sure: bool = True
    name: str = ""
    own: str = ""
    items: tuple["Value", ...] = ()


UNKNOWN = Value()
FOREIGN = Value(kinds.FOREIGN)


@dataclass(frozen=True)
class Use:
    """A place where a program uses something of a framework.

    Attributes
    ----------
    node
        The call, or the attribute or name that is used without one.
    name
        Its full name; of a method, with the class of the object: ``torch.Tensor.view``.
    receiver
        The object that the method is called of, if it is one.
    sure
        Whether the text shows whose it is.
    """

    node: ast.expr
    name: str
    receiver: ast.expr | None = None
    sure: bool = True

    @property
    def call(self) -> ast.Call | None:
        """The call, if it is one."""
        return self.node if isinstance(self.node, ast.Call) else None


@dataclass
class _Class:
    """A class of the program."""

    bases: list[Value]
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    properties: set[str] = field(default_factory=set)


@dataclass
class _Function:
    """A function of the program: what it is given and what it gives back."""

    node: ast.FunctionDef | ast.Lambda
    owner: str = ""
    given: dict[str, Value] = field(default_factory=dict)
    gives: Value = UNKNOWN


class Followed:
    """What was found in a program.

    Attributes
    ----------
    uses
        Where it uses something of a framework, in the order of its lines.
    values
        What is known of each expression, by the node's identity.
    frameworks
        Those that it imports.
    passed_over
        How many calls of methods may be a framework's, of objects that nothing is known of.
    """

    def __init__(self, tree: ast.Module, methods: dict[str, frozenset[str]],
                 names: frozenset[str] = frozenset()):  # fmt: skip
        walk = _Walk(tree, methods, names)
        walk.run()
        self.uses = sorted(walk.uses, key=_place)
        self.values, self.frameworks = walk.values, walk.frameworks
        self.passed_over = walk.passed_over


def _place(use: Use) -> tuple[int, ...]:
    """Return where a use begins; of two that begin at one place, the outer comes first."""
    node = use.node
    return node.lineno, node.col_offset, -node.end_lineno, -node.end_col_offset


class _Scope:
    """The names of a module or a function, and the scope around it."""

    def __init__(self, around: "_Scope | None" = None):
        self.names: dict[str, Value] = {}
        self.around = around

    def find(self, name: str) -> Value | None:
        scope: _Scope | None = self
        while scope:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None


class _Walk:
    """Goes through a program, statement by statement."""

    def __init__(self, tree: ast.Module, methods: dict[str, frozenset[str]],
                 names: frozenset[str]):  # fmt: skip
        self.tree, self.methods, self.known_names = tree, methods, names
        self.by_key: dict[str, _Function] = {}
        self.classes: dict[str, _Class] = {}
        self.functions: dict[ast.AST, _Function] = {}
        self.starred: list[str] = []
        self.frameworks: set[str] = set()
        self.own_names: set[str] = set()
        self.depth = 0
        self._collect()
        self._start()

    def _start(self) -> None:
        self.uses: list[Use] = []
        self.values: dict[int, Value] = {}
        self.passed_over = 0
        self.waiting: list[tuple[ast.AST, _Scope]] = []

    def _collect(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.own_names.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                for full in _imported(node).values():
                    if side := kinds.FRAMEWORK.get(full.partition(".")[0]):
                        self.frameworks.add(side)

    def run(self) -> None:
        for _ in range(ROUNDS):
            self._start()
            module = _Scope()
            self._block(self.tree.body, module)
            while self.waiting:
                waiting, self.waiting = self.waiting, []
                for function, scope in waiting:
                    self._enter(function, scope)

    # ---- statements ----

    def _block(self, statements: Iterable[ast.stmt], scope: _Scope) -> None:
        for statement in statements:
            self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: _Scope) -> None:  # noqa: PLR0912  (one case for each kind of statement)
        match node:
            case ast.Expr():
                self._value(node.value, scope)
            case ast.Assign():
                value = self._value(node.value, scope)
                for target in node.targets:
                    self._bind(target, value, scope)
            case ast.AnnAssign():
                value = self._value(node.value, scope) if node.value else UNKNOWN
                said = self._annotation(node.annotation, scope)
                self._bind(node.target, value if value.kind or value.name else said, scope)
            case ast.AugAssign():
                before = self._value(node.target, scope, store=True)
                value = self._value(node.value, scope)
                self._bind(node.target, self._either(before, value), scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, self._item(self._value(node.iter, scope)), scope)
                self._block(node.body + node.orelse, scope)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self._value(item.context_expr, scope)
                    if item.optional_vars:
                        self._bind(item.optional_vars, value, scope)
                self._block(node.body, scope)
            case ast.Return():
                if node.value:
                    value = self._value(node.value, scope)
                    self._returned(value, scope)
            case ast.Try() | ast.TryStar():
                self._block(node.body, scope)
                for handler in node.handlers:
                    self._block(handler.body, scope)
                self._block(node.orelse + node.finalbody, scope)
            case ast.If() | ast.While():
                self._value(node.test, scope)
                self._block(node.body + node.orelse, scope)
            case ast.Match():
                self._value(node.subject, scope)
                for case in node.cases:
                    self._block(case.body, scope)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child, scope)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        for name, full in _imported(node).items():
            first = full.partition(".")[0]
            if first in kinds.FRAMEWORK:
                if name == "*":
                    self.starred.append(public(full.removesuffix(".*")))
                else:
                    scope.names[name] = Value(name=public(full))
            elif name != "*":
                other = _is_library(first) and not getattr(node, "level", 0)
                scope.names[name] = FOREIGN if other else UNKNOWN

    def _define(self, node: ast.FunctionDef, scope: _Scope, owner: str = "") -> None:
        for decorator in node.decorator_list:
            self._value(decorator, scope)
        arguments = node.args
        for default in [*arguments.defaults, *filter(None, arguments.kw_defaults)]:
            self._value(default, scope)
        known = self.functions.setdefault(node, _Function(node, owner))
        known.owner = owner
        if not owner:
            scope.names[node.name] = Value(own=_key(node))
        self.by_key[_key(node)] = known
        self.waiting.append((node, scope))

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        for decorator in node.decorator_list:
            self._value(decorator, scope)
        bases = [self._value(base, scope) for base in node.bases]
        for word in node.keywords:
            self._value(word.value, scope)
        known = self.classes.setdefault(node.name, _Class(bases))
        known.bases = bases
        scope.names[node.name] = Value(own=node.name)
        inside = _Scope(scope)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                known.functions[statement.name] = statement
                if any(getattr(d, "id", "") in ("property", "cached_property")
                       for d in statement.decorator_list):  # fmt: skip
                    known.properties.add(statement.name)
                self._define(statement, inside, node.name)
            else:
                self._statement(statement, inside)
        for name, value in inside.names.items():
            known.attributes.setdefault(name, value)
        inside.names.clear()  # methods do not see the names of their class

    def _enter(self, node: ast.FunctionDef, around: _Scope) -> None:
        """Go through the body of a function."""
        known = self.functions[node]
        scope = _Scope(around)
        scope.function = known
        self._parameters(known, scope, around)
        self._block(node.body, scope)

    def _parameters(self, known: _Function, scope: _Scope, around: _Scope) -> None:
        arguments = known.node.args
        listed = [*arguments.posonlyargs, *arguments.args]
        tensor = self._tensor_of(known)
        for place, argument in enumerate([*listed, *arguments.kwonlyargs]):
            if place == 0 and known.owner and argument.arg in ("self", "cls"):
                scope.names[argument.arg] = self._made(known.owner)
                continue
            value = known.given.get(argument.arg, UNKNOWN)
            if argument.annotation:
                said = self._annotation(argument.annotation, around)
                value = said if said.kind else value
            if not value.kind and tensor and argument.arg not in ("training", "mask_ratio"):
                value = Value(tensor)
            scope.names[argument.arg] = value
        for extra in (arguments.vararg, arguments.kwarg):
            if extra:
                scope.names[extra.arg] = UNKNOWN

    def _tensor_of(self, known: _Function) -> str:
        """Return the kind of what a model's own function is called with, if it is one."""
        name = getattr(known.node, "name", "")
        base = self._made(known.owner).kind if known.owner else None
        if base == kinds.MODULE and name == "forward":
            return kinds.TENSOR
        if base in (kinds.MODEL, kinds.LAYER, kinds.LOSS) and name == "call":
            return kinds.TF_TENSOR
        return ""

    def _returned(self, value: Value, scope: _Scope) -> None:
        inside: _Scope | None = scope
        while inside and not hasattr(inside, "function"):
            inside = inside.around
        if inside and (value.kind or value.name or value.own):
            inside.function.gives = value

    def _bind(self, target: ast.expr, value: Value, scope: _Scope) -> None:
        match target:
            case ast.Name():
                scope.names[target.id] = value
            case ast.Tuple() | ast.List():
                for place, one in enumerate(target.elts):
                    if isinstance(one, ast.Starred):
                        self._bind(one.value, UNKNOWN, scope)
                    else:
                        self._bind(one, self._part(value, place, len(target.elts)), scope)
            case ast.Attribute():
                owner = self._value(target.value, scope)
                if owner.own in self.classes and (value.kind or value.name or value.own):
                    self.classes[owner.own].attributes[target.attr] = value
            case ast.Subscript():
                self._value(target.value, scope)
                self._value(target.slice, scope)
            case ast.Starred():
                self._bind(target.value, UNKNOWN, scope)

    # ---- what values consist of ----

    def _part(self, value: Value, place: int, count: int) -> Value:
        """Return one part of a value that is taken apart."""
        if value.kind == kinds.TUPLE:
            return value.items[place] if place < len(value.items) == count else UNKNOWN
        if value.kind in kinds.TENSORS:
            return value
        return self._item(value)

    def _item(self, value: Value) -> Value:
        """Return what a value gives item by item."""
        if value.kind == kinds.LIST:
            return value.items[0] if value.items else UNKNOWN
        if value.kind == kinds.TUPLE:
            known = [item for item in value.items if item.kind]
            same = len({item.kind for item in known}) == 1
            return known[0] if same else UNKNOWN
        kind = kinds.ITEMS.get(value.kind)
        return Value(kind, value.sure) if kind else UNKNOWN

    def _either(self, *values: Value) -> Value:
        """Return what an operation on values gives: a tensor if one of them is one."""
        for value in values:
            if value.kind in kinds.TENSORS:
                return Value(kinds.TENSORS[value.kind], value.sure)
        return FOREIGN if all(v.kind == kinds.FOREIGN for v in values) else UNKNOWN

    def _made(self, own: str, seen: tuple[str, ...] = ()) -> Value:
        """Return an object of a class of the program."""
        for base in self.classes[own].bases if own in self.classes else ():
            if base.name:
                return Value(_class_kind(base.name), own=own)
            if base.own in self.classes and base.own not in (own, *seen):
                kind = self._made(base.own, (own, *seen)).kind
                if kind:
                    return Value(kind, own=own)
        foreign = own in self.classes and not any(
            base == UNKNOWN for base in self.classes[own].bases
        )
        return Value(kinds.FOREIGN if foreign else None, True, own=own)

    def _annotation(self, node: ast.expr, scope: _Scope) -> Value:
        """Return what an annotation says: ``nn.Module``, ``"torch.Tensor"``, ``Net | None``."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return UNKNOWN
        if isinstance(node, ast.BinOp):
            left = self._annotation(node.left, scope)
            return left if left.kind else self._annotation(node.right, scope)
        if isinstance(node, ast.Subscript):  # Optional[Tensor]
            return self._annotation(node.slice, scope)
        value = self._named(node, scope)
        if value.name:
            return Value(_class_kind(value.name))
        if value.own in self.classes:
            return self._made(value.own)
        if isinstance(node, ast.Name) and node.id in ("int", "float", "str", "bool", "dict"):
            return FOREIGN
        return UNKNOWN

    def _named(self, node: ast.expr, scope: _Scope) -> Value:
        """Return what a dotted name stands for, without noting it as used."""
        if isinstance(node, ast.Name):
            return scope.find(node.id) or self._of_star(node.id) or UNKNOWN
        if isinstance(node, ast.Attribute):
            owner = self._named(node.value, scope)
            if owner.name:
                return Value(name=public(f"{owner.name}.{node.attr}"))
        return UNKNOWN

    def _of_star(self, name: str) -> Value | None:
        """Return what a name stands for that came with ``from module import *``."""
        for module in self.starred:
            full = public(f"{module}.{name}")
            if full in self.known_names:
                return Value(name=full)
        return None

    # ---- expressions ----

    def _value(self, node: ast.expr, scope: _Scope, *, store: bool = False) -> Value:
        """Return what is known of an expression, and note what it uses."""
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                return UNKNOWN
            found = self._of(node, scope, store)
        finally:
            self.depth -= 1
        self.values[id(node)] = found
        return found

    def _of(self, node: ast.expr, scope: _Scope, store: bool) -> Value:  # noqa: PLR0912  (one for each kind of expression)
        match node:
            case ast.Call():
                return self._call(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope, store)
            case ast.Name():
                return self._name(node, scope)
            case ast.Constant():
                return FOREIGN
            case ast.BinOp():
                return self._either(self._value(node.left, scope), self._value(node.right, scope))
            case ast.UnaryOp():
                value = self._value(node.operand, scope)
                return value if value.kind in kinds.TENSORS else FOREIGN
            case ast.Compare():
                values = [self._value(one, scope) for one in (node.left, *node.comparators)]
                if any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
                    return FOREIGN
                return self._either(*values)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.Tuple():
                values = tuple(self._value(one, scope) for one in node.elts)
                return Value(kinds.TUPLE, items=values)
            case ast.List() | ast.Set():
                values = [self._value(one, scope) for one in node.elts]
                return Value(kinds.LIST, items=tuple(v for v in values if v.kind or v.own)[:1])
            case ast.Dict():
                for key in filter(None, node.keys):
                    self._value(key, scope)
                values = [self._value(one, scope) for one in node.values]
                return Value("dict", items=tuple(v for v in values if v.kind or v.own)[:1])
            case ast.IfExp():
                self._value(node.test, scope)
                values = [self._value(one, scope) for one in (node.body, node.orelse)]
                known = [v for v in values if v.name or v.own or v.kind not in (None, "foreign")]
                return (known or values)[0]
            case ast.BoolOp():
                values = [self._value(one, scope) for one in node.values]
                return next((v for v in values if v.kind not in (None, kinds.FOREIGN)), values[0])
            case ast.NamedExpr():
                value = self._value(node.value, scope)
                self._bind(node.target, value, scope)
                return value
            case ast.Lambda():
                self._lambda(node, scope)
                return UNKNOWN
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                inside = self._comprehension(node.generators, scope)
                value = self._value(node.elt, inside)
                return Value(kinds.LIST, items=(value,) if value.kind or value.own else ())
            case ast.DictComp():
                inside = self._comprehension(node.generators, scope)
                self._value(node.key, inside)
                value = self._value(node.value, inside)
                return Value("dict", items=(value,) if value.kind or value.own else ())
            case ast.JoinedStr() | ast.FormattedValue():
                for child in ast.iter_child_nodes(node):
                    self._value(child, scope)
                return FOREIGN
            case _:
                value = UNKNOWN
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        value = self._value(child, scope)
                return value if isinstance(node, ast.Starred | ast.Await) else UNKNOWN

    def _lambda(self, node: ast.Lambda, scope: _Scope) -> None:
        inside = _Scope(scope)
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            inside.names[argument.arg] = UNKNOWN
        self._value(node.body, inside)

    def _comprehension(self, generators: list[ast.comprehension], scope: _Scope) -> _Scope:
        inside = _Scope(scope)
        for one in generators:
            self._bind(one.target, self._item(self._value(one.iter, inside)), inside)
            for test in one.ifs:
                self._value(test, inside)
        return inside

    def _name(self, node: ast.Name, scope: _Scope) -> Value:
        value = scope.find(node.id)
        if value is None:
            value = self._of_star(node.id)
        if value is None:
            return self._guessed(node.id) if node.id not in _BUILTINS else FOREIGN
        if value.name:
            self._note(node, value.name)
        return value if value != UNKNOWN else self._guessed(node.id)

    def _guessed(self, name: str) -> Value:
        """Return what a value of this name usually is."""
        if len(self.frameworks) == 1:
            (side,) = self.frameworks
            if kind := kinds.guess(name, side):
                return Value(kind, sure=False)
        return UNKNOWN

    def _attribute(self, node: ast.Attribute, scope: _Scope, store: bool = False) -> Value:
        full = self._named(node, scope)
        if full.name:
            self._note(node, full.name)
            return full
        owner = self._value(node.value, scope)
        if owner.own in self.classes:
            found = self._own_attribute(owner, node.attr)
            if found is not None:
                return found if found != UNKNOWN else self._guessed(node.attr)
        if owner.kind in (None, kinds.FOREIGN):
            return FOREIGN if owner.kind else self._guessed(node.attr)
        if not store and owner.kind not in (kinds.LIST, kinds.TUPLE, "dict"):
            self._note(node, f"{owner.kind}.{node.attr}", node.value, owner.sure)
        return self._member(owner, node.attr)

    def _member(self, owner: Value, name: str) -> Value:
        """Return what an attribute of an object, or its method's call, gives."""
        kind = kinds.member(owner.kind, name)
        if kind is None:
            if owner.kind in (kinds.MODULE, kinds.MODEL):  # a layer of it, most often
                return self._guessed(name)
            return UNKNOWN
        if kind.startswith(f"{kinds.LIST} "):
            return Value(kinds.LIST, owner.sure, items=(Value(kind.split()[1], owner.sure),))
        if kind.startswith("named "):
            pair = Value(kinds.TUPLE, items=(FOREIGN, Value(kind.split()[1], owner.sure)))
            return Value(kinds.LIST, owner.sure, items=(pair,))
        own = owner.own if kind == owner.kind else ""
        return Value(kind, owner.sure, own=own)

    def _own_attribute(self, owner: Value, name: str) -> Value | None:
        """Return an attribute that the program itself gives its objects; None if it is not so."""
        seen: list[str] = []
        todo = [owner.own]
        while todo:
            own = todo.pop(0)
            if own in seen or own not in self.classes:
                continue
            seen.append(own)
            known = self.classes[own]
            if name in known.attributes:
                return known.attributes[name]
            if name in known.functions:
                function = known.functions[name]
                if name in known.properties:
                    return self.functions[function].gives
                return Value(own=_key(function))
            todo += [base.own for base in known.bases]
        return None

    def _subscript(self, node: ast.Subscript, scope: _Scope) -> Value:
        value = self._value(node.value, scope)
        self._value(node.slice, scope)
        if value.kind == "dict":
            return value.items[0] if value.items else UNKNOWN
        if value.kind == kinds.TUPLE and isinstance(node.slice, ast.Constant):
            place = node.slice.value
            if isinstance(place, int) and -len(value.items) <= place < len(value.items):
                return value.items[place]
        if value.kind in kinds.TENSORS or value.kind == kinds.FOREIGN:
            return value
        return value if isinstance(node.slice, ast.Slice) else self._item(value)

    # ---- calls ----

    def _call(self, node: ast.Call, scope: _Scope) -> Value:
        called = node.func
        name = self._named(called, scope).name
        if name:
            self._note(node, name)
            values = self._arguments(node, scope)
            return self._result_of(name, values)
        if isinstance(called, ast.Attribute):
            return self._method(node, called, scope)
        function = self._value(called, scope)
        values = self._arguments(node, scope)
        if isinstance(called, ast.Name) and scope.find(called.id) is None:
            return self._builtin(called.id, values)
        self._note_loss(function, node)
        return self._called(function, node, values)

    def _note_loss(self, function: Value, node: ast.Call) -> None:
        """Note that a loss is called: with two arguments, whose order the frameworks change."""
        plain = not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args)
        if function.kind in (kinds.TORCH_LOSS, kinds.LOSS) and plain and len(node.args) == 2:
            self._note(node, f"{function.kind}.__call__", node.func, function.sure)

    def _arguments(self, node: ast.Call, scope: _Scope) -> list[Value]:
        values = [self._value(one, scope) for one in node.args]
        for word in node.keywords:
            self._value(word.value, scope)
        return values

    def _result_of(self, name: str, values: list[Value]) -> Value:
        kind = kinds.result(name)
        if kind and kind.startswith(f"{kinds.LIST} "):
            return Value(kinds.LIST, items=(Value(kind.split()[1]),))
        return Value(kind) if kind else UNKNOWN

    def _method(self, node: ast.Call, called: ast.Attribute, scope: _Scope) -> Value:
        owner = self._value(called.value, scope)
        values = self._arguments(node, scope)
        method = called.attr
        if owner.own in self.classes:
            found = self._own_attribute(owner, method)
            if found is not None:
                if found.name:  # self.layer = nn.Linear, called later
                    self._note(node, found.name)
                self._note_loss(found, node)
                return self._called(found, node, values)
        if owner.kind == kinds.FOREIGN:
            return FOREIGN
        if owner.kind == "dict":
            return self._of_dict(owner, method)
        if owner.kind in (kinds.LIST, kinds.TUPLE):
            return UNKNOWN
        if owner.kind is None:
            return self._unknown_method(node, called, values)
        self._note(node, f"{owner.kind}.{method}", called.value, owner.sure)
        return self._member(owner, method)

    def _of_dict(self, owner: Value, method: str) -> Value:
        item = owner.items[0] if owner.items else UNKNOWN
        if method == "items":
            return Value(kinds.LIST, items=(Value(kinds.TUPLE, items=(FOREIGN, item)),))
        if method == "values":
            return Value(kinds.LIST, items=(item,))
        return item if method in ("get", "pop") else UNKNOWN

    def _unknown_method(self, node: ast.Call, called: ast.Attribute, values: list) -> Value:
        """Note a method of an object that nothing is known of, if only one framework has it."""
        method = called.attr
        if method.startswith("__"):
            return UNKNOWN
        for side in sorted(self.frameworks):
            if method not in self.methods.get(side, ()):
                continue
            if method in self.own_names or method in kinds.COMMON:
                self.passed_over += 1
                continue
            for kind in _OWNERS[side]:
                name = f"{kind}.{method}"
                if name in self.known_names:
                    self._note(node, name, called.value, sure=False)
                    return self._member(Value(kind, sure=False), method)
            self._note(node, f"{_OWNERS[side][0]}.{method}", called.value, sure=False)
            return UNKNOWN
        return UNKNOWN

    def _called(self, function: Value, node: ast.Call, values: list[Value]) -> Value:
        """Return what the call of a value gives."""
        if function.own in self.classes and not function.kind:  # a class of the program
            made = self._made(function.own)
            start = self._own_attribute(Value(own=function.own), "__init__")
            if start and start.own in self.by_key:
                self._give(self.by_key[start.own], node, values, skip=1)
            return made
        if function.own in self.by_key:
            known = self.by_key[function.own]
            self._give(known, node, values, skip=1 if known.owner else 0)
            return known.gives
        if function.own in self.classes and function.kind:  # an object that is called
            for name in ("forward", "call", "__call__"):
                method = self._own_attribute(function, name)
                if method and method.own in self.by_key:
                    known = self.by_key[method.own]
                    self._give(known, node, values, skip=1)
                    if known.gives.kind:
                        return known.gives
        if function.kind == kinds.FOREIGN:
            return self._passed_through(node, values)
        kind = kinds.CALLED.get(function.kind)
        return Value(kind, function.sure) if kind else UNKNOWN

    def _give(self, known: _Function, node: ast.Call, values: list[Value], skip: int) -> None:
        """Remember what a function of the program is called with."""
        arguments = known.node.args
        names = [a.arg for a in [*arguments.posonlyargs, *arguments.args]][skip:]
        given = dict(zip(names, values, strict=False))
        given |= {
            word.arg: self.values.get(id(word.value), UNKNOWN) for word in node.keywords if word.arg
        }
        for name, value in given.items():
            if value.kind or value.name or value.own:
                before = known.given.get(name)
                if before is None or (value.sure and not before.sure):
                    known.given[name] = value

    def _passed_through(self, node: ast.Call, values: list[Value]) -> Value:
        """Return what another library's function gives: ``tqdm(loader)`` gives the loader."""
        if len(node.args) == 1 and values[0].kind in (kinds.LOADER, kinds.DATASET, kinds.LIST):
            return values[0]
        if values and values[0].kind == kinds.LIST:
            return values[0]
        return FOREIGN

    def _builtin(self, name: str, values: list[Value]) -> Value:
        first = values[0] if values else UNKNOWN
        match name:
            case "enumerate":
                pair = Value(kinds.TUPLE, items=(FOREIGN, self._item(first)))
                return Value(kinds.LIST, items=(pair,))
            case "zip":
                parts = tuple(self._item(value) for value in values)
                return Value(kinds.LIST, items=(Value(kinds.TUPLE, items=parts),))
            case "iter" | "list" | "tuple" | "reversed" | "sorted" | "set":
                item = self._item(first)
                known = item.kind or item.own
                return Value(kinds.LIST, items=(item,) if known else ())
            case "next":
                return self._item(first)
            case "sum" | "max" | "min" | "abs":
                item = first if name == "abs" else self._item(first)
                return item if item.kind in kinds.TENSORS else FOREIGN
            case "super":
                return UNKNOWN
            case "getattr" | "map" | "filter" | "eval":
                return UNKNOWN
            case "tqdm" | "trange":
                return first
        return FOREIGN if name in _BUILTINS else UNKNOWN

    def _note(self, node: ast.expr, name: str, receiver: ast.expr | None = None,
              sure: bool = True) -> None:  # fmt: skip
        self.uses.append(Use(node, name, receiver, sure))


_OWNERS = {
    "pytorch": (kinds.TENSOR, kinds.MODULE, kinds.OPTIMIZER),
    "tensorflow": (kinds.MODEL, kinds.LAYER, kinds.KERAS_OPTIMIZER, kinds.DATASET,
                   kinds.VARIABLE, kinds.TF_TENSOR, kinds.TAPE),
}  # fmt: skip
_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)


def _key(node: ast.AST) -> str:
    """Return a name for a function of the program that no class has."""
    return f"{getattr(node, 'name', 'lambda')}@{id(node)}"


def _class_kind(name: str) -> str | None:
    """Return the kind of objects of a framework's class, or of one derived from it."""
    if name in kinds.OTHERWISE or name in kinds.PARENTS:
        return name
    return {
        "torch.utils.data.IterableDataset": kinds.DATA,
        "keras.layers.Layer": kinds.LAYER,
        "tensorflow.Module": None,
        "torch.autograd.Function": None,
    }.get(name, kinds.result(name))


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return what each name that an import makes stands for in full."""
    found = {}
    for alias in node.names:
        if isinstance(node, ast.Import):
            first = alias.name.partition(".")[0]
            found[alias.asname or first] = alias.name if alias.asname else first
        elif not node.level and node.module:
            found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        else:
            found[alias.asname or alias.name] = f".{alias.name}"
    return found


def _is_library(name: str) -> bool:
    """Return whether a module is of Python or of a well-known library, and not the program's."""
    import sys

    return name in sys.stdlib_module_names or name in kinds.LIBRARIES
