"""One topic per module, one function per rule: (view of a transcript, terms of the clause) → judgement. Pure."""
