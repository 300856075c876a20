"""Hostile files and folders, made from a seed, each with the outcome that it must have.

`python tests/hostile/make.py FOLDER` writes them all with a manifest;
`benchmarks/hostile.py` gives them to one `ingest` and to one service.
"""
