"""A JSON Schema compiled into closures that make its values. Compiled once; who draws decides, this only knows what is possible."""
