"""Which names a statement binds: read from its tree, nothing is run. Standard library only."""

import ast


def bound(statement: ast.stmt) -> list[str]:
    """The names that a statement binds in the scope it stands in."""
    binder = _Binder()
    try:
        binder.visit(statement)
    except RecursionError:  # an expression of a thousand terms: all names that are stored anywhere in it
        nodes = ast.walk(statement)
        return [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return binder.names


class _Binder(ast.NodeVisitor):
    """Collects what is bound, and stays out of inner scopes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.names.append(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def visit_ListComp(self, node: ast.AST) -> None:
        for inner in ast.walk(node):  # := is the one thing that a comprehension binds outside itself
            if isinstance(inner, ast.NamedExpr):
                self.visit(inner.target)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names += [alias.asname or alias.name.partition(".")[0] for alias in node.names]

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.names += [node.name] if node.name else []
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append(node.id)
