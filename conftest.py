"""Glue: the plugin holds the options, fixtures and parametrisation of the suites."""

pytest_plugins = ["hookproof.pytest_plugin"]
