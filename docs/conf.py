"""Sphinx settings."""

project = "Hookproof"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build"]
