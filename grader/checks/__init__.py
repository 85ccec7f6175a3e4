"""The checks, one module or package for each part; found by walking this folder."""
