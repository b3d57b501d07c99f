"""What a consumer asks of the subscription API and must be told: interactions made from the contract's API description.

Law: paths, statuses and bodies come from the description; what it does not describe is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hookproof.model.contract import Contract
from hookproof.pact.client import RefusedError, SubscriptionClient, Webhook
from hookproof.pact.matchers import Matched, matched
from hookproof.pact.typical import Json, pointed, typical
from hookproof.rules.management import operations
from hookproof.signing.scheme import throwaway_secret

ACCOUNT = "an account"
WEBHOOK = "an account with a webhook"
DELETED = "an account whose webhook was deleted"
FOREIGN = "a webhook of another account"
STATES = (ACCOUNT, WEBHOOK, DELETED, FOREIGN)
"""Provider states that can be set up; all but the first have a webhook and give its ``id``, its ``events`` are a parameter.

Each gives ``api_key``, and ``hooks`` and ``moved``: addresses of ours that end in these words, since a platform may look at an address
before it takes it.
"""

EXAMPLE_ID, EXAMPLE_KEY, WRONG_KEY = "webhook-of-the-pact", "key-of-the-pact", "no-key-of-anybody"
HOOKS, MOVED = "hooks", "moved"
_SITE = "https://consumer.example.test/"
NEVER_LISTED = "hookproof.never_listed"
_OWN, _WRONG, _NONE = "own", "wrong", "none"
_REFUSED = {"invalid": (422, 400), "key": (401, 403), "gone": (404, 410)}
"""By what is wrong, the statuses that refuse it; which of them it is, a description may only assume."""
_HIDING = (401, 403, 404)
"""How an endpoint is refused to those who may not know of it, where its id is in the path."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One HTTP interaction: what is asked in which provider state, with whose ``key``, and the ``statuses`` of which one is promised.

    The first of them is shown. ``echo``: members that the answer must repeat. ``answer``: what a pact says of the answer's body, None
    without one.
    """

    description: str
    operation: str
    method: str
    path: str
    state: str = WEBHOOK
    parameters: Mapping[str, Json] = field(default_factory=dict)
    key: str = _OWN
    body: Mapping[str, Json] | None = None
    statuses: tuple[int, ...] = ()
    answer: Matched | None = None
    echo: Mapping[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What it is called in a run."""
        return f"http/{self.description}"

    @property
    def api_key(self) -> str | None:
        """The key as the pact shows it, None if the request bears none."""
        return {_OWN: EXAMPLE_KEY, _WRONG: WRONG_KEY}.get(self.key)

    @property
    def address(self) -> str:
        """The name of the address that the body holds, empty if it holds none."""
        return str((self.body or {}).get("url", "")).removeprefix(_SITE)

    @property
    def succeeds(self) -> bool:
        """Whether a success is promised."""
        return self.statuses[0] < 300  # noqa: PLR2004 -- RFC 9110 section 15.3

    def faults(self, client: SubscriptionClient) -> str:
        """Do it with a client; give what the client does not get that the pact promises, empty if it gets all."""
        acts: Mapping[str, Callable[[], Webhook | tuple[Webhook, ...] | None]] = {
            "createWebhook": lambda: client.create(self.body or {}),
            "getWebhook": lambda: client.read(EXAMPLE_ID),
            "listWebhooks": client.list,
            "updateWebhook": lambda: client.update(EXAMPLE_ID, self.body or {}),
            "deleteWebhook": lambda: client.delete(EXAMPLE_ID),
        }
        try:
            got = acts[self.operation]()
        except RefusedError as refused:
            return "" if refused.status in self.statuses and not self.succeeds else str(refused)
        if not self.succeeds:
            return f"{self.operation} was not refused"
        for name, value in self.echo.items() if isinstance(got, Webhook) else ():
            seen = getattr(got, name, value)
            if (list(seen) if isinstance(seen, tuple) else seen) != value:
                return f"{name} is {seen!r}, {value!r} was promised"
        return ""


def asks(contract: Contract) -> tuple[Ask, ...]:
    """Give every interaction that the contract's API description allows, each with what its answer must hold."""
    described = {name: (path, method, operation) for path, method, name, operation in operations(contract)}
    return tuple(_answered(contract, ask, described[ask.operation][2]) for ask in _wanted(contract, described))


def _wanted(contract: Contract, described: Mapping[str, tuple[str, str, Mapping[str, Json]]]) -> Iterator[Ask]:
    """Give what would be asked, with the statuses that are described for it."""
    for ask, kind in _all(contract):
        if ask.operation not in described:
            continue
        path, method, operation = described[ask.operation]
        told = [int(status) for status in operation.get("responses", {}) if str(status).isdecimal()]
        right = tuple(status for status in told if 200 <= status <= 299)  # noqa: PLR2004 -- RFC 9110 section 15.3
        statuses = right if kind == "success" else tuple(status for status in _REFUSED[kind] if status in told)[:1]
        if statuses:
            if kind != "success" and _response(contract, operation, statuses[0]).get("x-assumed"):
                statuses = tuple(dict.fromkeys([*statuses, *_REFUSED[kind], *(_HIDING if "{id}" in path and kind != "invalid" else ())]))
            yield replace(ask, path=path, method=method.upper(), statuses=statuses)


def _all(contract: Contract) -> Iterator[tuple[Ask, str]]:
    """Give every question with the kind of answer that is due."""
    names = contract.catalog or tuple(sorted(contract.events))
    first, other = names[0], names[-1]
    new = _new(contract, first)
    nowhere = {name: value for name, value in new.items() if name != "url"}
    shown = {"url": _SITE + HOOKS, "events": [first]}

    def ask(description: str, operation: str, kind: str, **more: Json) -> tuple[Ask, str]:
        parameters = {} if more.get("state") == ACCOUNT else {"events": [first]}
        return Ask(description=description, operation=operation, method="", path="", parameters=parameters, **more), kind

    yield ask("create a webhook", "createWebhook", "success", state=ACCOUNT, body=new, echo=shown)
    if not contract.open_catalog:
        unknown = {**new, "events": [NEVER_LISTED]}
        yield ask("create a webhook for an unknown event", "createWebhook", "invalid", state=ACCOUNT, body=unknown)
        mixed = {**new, "events": [first, NEVER_LISTED]}
        yield ask("create a webhook for a known and an unknown event", "createWebhook", "invalid", state=ACCOUNT, body=mixed)
        yield ask("subscribe a webhook to an unknown event", "updateWebhook", "invalid", body={"events": [NEVER_LISTED]})
    yield ask("create a webhook without an address", "createWebhook", "invalid", state=ACCOUNT, body=nowhere)
    yield ask("create a webhook without a key", "createWebhook", "key", state=ACCOUNT, body=new, key=_NONE)
    yield ask("create a webhook with a wrong key", "createWebhook", "key", state=ACCOUNT, body=new, key=_WRONG)
    yield ask("read a webhook", "getWebhook", "success", echo=shown)
    yield ask("list the webhooks", "listWebhooks", "success")
    yield ask(
        "subscribe a webhook to another event", "updateWebhook", "success", body={"events": [other]}, echo={**shown, "events": [other]}
    )
    yield ask("move a webhook", "updateWebhook", "success", body={"url": _SITE + MOVED}, echo={**shown, "url": _SITE + MOVED})
    yield ask("halt a webhook", "updateWebhook", "success", body={"active": False}, echo={**shown, "active": False})
    yield ask("delete a webhook", "deleteWebhook", "success")
    yield ask("read a deleted webhook", "getWebhook", "gone", state=DELETED)
    yield ask("change a deleted webhook", "updateWebhook", "gone", state=DELETED, body={"active": False})
    changes = (("read", "getWebhook", None), ("change", "updateWebhook", {"active": False}), ("delete", "deleteWebhook", None))
    for word, operation, body in changes:
        yield ask(f"{word} a webhook of another account", operation, "gone", state=FOREIGN, body=body)
        yield ask(f"{word} a webhook without a key", operation, "key", body=body, key=_NONE)
        yield ask(f"{word} a webhook with a wrong key", operation, "key", body=body, key=_WRONG)
    yield ask("list the webhooks without a key", "listWebhooks", "key", key=_NONE)


def _new(contract: Contract, event: str) -> dict[str, Json]:
    """Give a body that registers an endpoint, as far as the description says what one needs."""
    operation = next((each for _, _, name, each in operations(contract) if name == "createWebhook"), {})
    root = contract.subscription_api
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = pointed(root, schema["$ref"]) if "$ref" in schema else schema
    made = typical(schema, root) if schema.get("required") else {}
    secret = {"secret": throwaway_secret("pact", "consumer")} if "secret" in schema.get("properties", {}) else {}
    return {**(made if isinstance(made, dict) else {}), "url": _SITE + HOOKS, "events": [event], **secret}


def _response(contract: Contract, operation: Mapping[str, Json], status: int) -> Mapping[str, Json]:
    response: Mapping[str, Json] = operation["responses"][str(status)]
    return pointed(contract.subscription_api, response["$ref"]) if "$ref" in response else response


def _answered(contract: Contract, ask: Ask, operation: Mapping[str, Json]) -> Ask:
    """Add what the body of the answer must hold."""
    root = contract.subscription_api
    content = _response(contract, operation, ask.statuses[0]).get("content", {}).get("application/json", {})
    if "schema" not in content:
        return ask
    said = matched(content["schema"], typical(content["schema"], root), root=root)
    return replace(ask, answer=_echoing(said, ask.echo))


def _echoing(said: Matched, echo: Mapping[str, Json]) -> Matched:
    """Demand that members of the shown endpoint are what they were made to be; the id of the example is the pact's own."""
    if not isinstance(said.example, dict):
        return said
    inner = said.example.get("data")
    path, shown = ("$.data", inner) if isinstance(inner, dict) else ("$", said.example)
    if "id" in shown and echo:
        shown = {**shown, "id": EXAMPLE_ID}
    rules = dict(said.rules)
    for name in (name for name in echo if name in shown):
        shown = {**shown, name: echo[name]}
        rules = {
            place: rule for place, rule in rules.items() if not f"{place}.".startswith(f"{path}.{name}.") and f"{path}.{name}[" not in place
        }
        ending = {"match": "regex", "regex": rf"[\s\S]*/{str(echo[name]).removeprefix(_SITE)}"}
        rules[f"{path}.{name}"] = {"combine": "AND", "matchers": [ending if name == "url" else {"match": "equality"}]}
    return replace(said, example={**said.example, "data": shown} if path != "$" else shown, rules=rules)
