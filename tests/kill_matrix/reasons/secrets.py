"""Why flaws of secrets are found."""

from __future__ import annotations

import base64
from collections.abc import Callable

from hookproof.model.transcript import Attempt, Note, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.tags import SIGNATURE, carries, covered, decoded, header, keyed_with, secrets_of


def _rotated(*, new: bool, old: bool) -> Shown:
    """The endpoint's newest secret signed, or did not; the one before it did, or did not."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt) or len(found := secrets_of(view, record)) < 2:
            return False
        return [carries(record, decoded(secret), covered(record)) for secret in found[:2]] == [new, old]

    return shown


def _foreign(view: View, record: Record) -> bool:
    """Somebody else's secret signed, and the endpoint's own did not."""
    if not isinstance(record, Attempt):
        return False
    own = {decoded(secret) for secret in secrets_of(view, record)}
    others = {decoded(value) for name, value in view.readings.secrets.items() if value.startswith("whsec_")} - own
    return any(carries(record, key, covered(record)) for key in others) and not any(carries(record, key, covered(record)) for key in own)


def _shared(view: View, record: Record) -> bool:
    """The secret of this delivery was told to the owner of another endpoint too."""
    if not isinstance(record, Attempt):
        return False
    names = set(view.secret_names(record))
    return any(s.secret in names for s in view.subscriptions if s.endpoint != record.endpoint) and header(record, SIGNATURE) != ""


def _noted(name: str, fact: str, accepts: Callable[[object], bool]) -> Shown:
    return lambda _view, record: isinstance(record, Note) and record.name == name and accepts(record.facts[fact])


def _keyed(words: str, key: Callable[[str], bytes]) -> Case:
    return Case(reasons=(Reason(clause="signature/valid", words=words, shown=keyed_with(key)),))


def _overlap(words: str, shown: Shown) -> Reason:
    return Reason(clause="signature/rotation-overlap", words=words, shown=shown)


def _end(words: str, shown: Shown) -> Reason:
    return Reason(clause="signature/rotation-end", words=words, shown=shown)


def _issued(words: str, shown: Shown) -> Reason:
    return Reason(clause="signature/issued-secrets", words=words, shown=shown)


def _twice(secret: str) -> bytes:
    try:
        return base64.b64decode(decoded(secret), validate=True)
    except ValueError:
        return decoded(secret)


ONLY_OLD, ONLY_NEW, BOTH = _rotated(new=False, old=True), _rotated(new=True, old=False), _rotated(new=True, old=True)
TWIN = _noted("issued-secret", "same_as", bool)

CASES = {
    "secret-used-as-text": _keyed("the whole secret as text", str.encode),
    "secret-not-decoded": _keyed("text without prefix", lambda secret: secret.removeprefix("whsec_").encode()),
    "secret-decoded-twice": _keyed("the secret decoded twice", _twice),
    "rotation-signs-with-the-new-secret-only": Case(reasons=(_overlap("with the old secret", ONLY_NEW),)),
    "rotation-signs-with-the-old-secret-only": Case(reasons=(_overlap("with the new secret", ONLY_OLD),)),
    "rotation-is-ignored": Case(reasons=(_overlap("with the new secret", ONLY_OLD), _end("only with the old", ONLY_OLD))),
    "expired-secret-still-signs": Case(reasons=(_end("still verifies with the old", BOTH),), withheld={"time": "real"}),
    "one-secret-for-all-endpoints": Case(
        reasons=(
            Reason(clause="signature/secret-per-endpoint", words="were given one secret", shown=_shared),
            _issued("is the one made for", TWIN),
        )
    ),
    "first-endpoints-secret-signs-all": Case(
        reasons=(
            Reason(clause="signature/secret-per-endpoint", words="another endpoint's secret", shown=_foreign),
            Reason(clause="signature/valid", words="does not verify", shown=_foreign),
        )
    ),
    "issued-secrets-are-short": Case(reasons=(_issued("holds 16 bytes", _noted("issued-secret", "bytes", lambda size: size == 16)),)),
    "issued-secrets-are-long": Case(reasons=(_issued("holds 96 bytes", _noted("issued-secret", "bytes", lambda size: size == 96)),)),
    "issued-secrets-repeat": Case(reasons=(_issued("is the one made for", TWIN),)),
    "issued-secrets-are-counted": Case(
        reasons=(_issued("bits vary", _noted("issued-secrets", "bits_at_most", lambda bits: isinstance(bits, float) and bits < 8)),)
    ),
}
