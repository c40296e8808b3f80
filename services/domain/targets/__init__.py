"""Targets: expressions that say who a push is for, in JSON and as text, and how to find whom they mean.

`json_form` and `text_form` read and write them, `row_filter` asks them of a row, `cover` plans what to read.
"""
