"""Reports: each a function of one `Report` (model.py)."""
