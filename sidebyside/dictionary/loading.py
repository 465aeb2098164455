"""What a program loads with ``torch.load``, as far as the use of the result shows it."""

import ast
import re

STATE, CHECKPOINT, MODEL = "state", "checkpoint", "model"
READ_AS = {
    STATE: "# nothing: model.load_weights({path}) reads the file",
    CHECKPOINT: "# tf.train.Checkpoint(model=model, optimizer=optimizer).restore({path})",
    MODEL: "keras.saving.load_model({path})",
    "": "# by what the file holds: model.load_weights({path}) for a state dict, "
    "keras.saving.load_model({path}) for a model, np.load({path}) for data",
}
MODEL_METHODS = {"eval", "train", "cuda", "parameters", "state_dict", "half", "forward"}
MODEL_NAME = re.compile(r"(^|_)(model|net|network|encoder|decoder|generator)$")


def uses_of_loads(tree: ast.Module, loads: list[ast.Call]) -> dict[int, str]:
    """Return what each call of ``torch.load`` gives, by the node's identity; "" if unknown.

    It is a state dict if ``load_state_dict`` gets it, a checkpoint if it is indexed with a text,
    and a model if a method of a model is called of it, or if it goes by the name of one.
    """
    if not loads:
        return {}
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    by_name: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        if said := _said(node, parents):
            by_name.setdefault(ast.unparse(node), set()).add(said)
    return {id(load): _loaded(load, parents, by_name) for load in loads}


def _loaded(load: ast.Call, parents: dict[int, ast.AST], by_name: dict[str, set[str]]) -> str:
    if said := _said(load, parents):
        return said
    parent = parents.get(id(load))
    if not isinstance(parent, ast.Assign):
        return ""
    name = ast.unparse(parent.targets[0])
    said_of_it = by_name.get(name, set())
    for kind in (CHECKPOINT, STATE, MODEL):
        if kind in said_of_it:
            return kind
    return MODEL if MODEL_NAME.search(name.rpartition(".")[2]) else ""


def _said(node: ast.expr, parents: dict[int, ast.AST]) -> str:
    """Return what the place where a value stands says of it."""
    parent = parents.get(id(node))
    if isinstance(parent, ast.Call) and node in parent.args:
        function = parent.func
        return STATE if getattr(function, "attr", "") == "load_state_dict" else ""
    if isinstance(parent, ast.Subscript) and parent.value is node:
        key = parent.slice
        return CHECKPOINT if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
    if isinstance(parent, ast.Attribute) and parent.attr in MODEL_METHODS:
        return MODEL
    return ""
