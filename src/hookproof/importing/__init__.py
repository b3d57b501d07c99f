"""Makes contracts: from documents that others wrote, from recorded samples, or from nothing but a name.

Law: a folder that exists is never touched; what a document says and a contract cannot is listed with its place, never dropped.
"""
