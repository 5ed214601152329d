"""The facts of all platforms side by side: entries as rows, platforms as columns, any format."""

from bridge.matrix.table import Matrix, matrix_of

__all__ = ["Matrix", "matrix_of"]
