"""``python -m hookproof.generate.vectors > contracts/standard_webhooks/vectors/signatures.json``."""

import sys

from hookproof.generate.vectors.document import written

sys.stdout.write(written())
