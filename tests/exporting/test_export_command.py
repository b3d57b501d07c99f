"""``hookproof contract export`` as a child process: the bytes, where they go, and one clear line for what cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hookproof.exporting import FORMATS
from tests.exporting.corpus import NAMES, contract
from tests.exporting.odd import contracts

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "from hookproof.cli import main; main()"
DIGESTS = """
import hashlib
from hookproof.exporting import FORMATS
from hookproof.staging.session import read_contract
for name in ("active_reach", "mobtexting", "orbit", "standard_webhooks", "whatsapp_crm"):
    for form, written in FORMATS.items():
        print(name, form, hashlib.sha256(written(read_contract(name)).text.encode()).hexdigest())
"""


def child(code: str, *arguments: str, cwd: Path = ROOT, seed: str = "0") -> subprocess.CompletedProcess[bytes]:
    """Run Python code of ours with nothing of our environment but where the program is."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": seed, "TZ": "Asia/Kolkata" if seed != "0" else "UTC"}
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=cwd, env=environment, capture_output=True, check=False, timeout=120)


def test_the_same_contract_gives_the_same_bytes() -> None:
    """Every format of every contract has the same bytes in another process, time zone and order of hashing."""
    first, second = child(DIGESTS, seed="0"), child(DIGESTS, seed="4711")
    assert first.returncode == second.returncode == 0, second.stderr
    assert len(first.stdout.splitlines()) == len(NAMES) * len(FORMATS)
    assert first.stdout == second.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_the_export(form: str, tmp_path: Path) -> None:
    """The file and standard output hold the export and nothing else; what the format cannot say is told beside it, on standard error."""
    name, out = "mobtexting", tmp_path / "out"
    expected = FORMATS[form](contract(name))
    written = child(COMMAND, "contract", "export", name, "--to", form, "--out", str(out), cwd=tmp_path)
    assert (written.returncode, written.stdout) == (0, b""), written.stderr
    assert out.read_bytes() == expected.text.encode()
    assert expected.unsaid
    assert written.stderr.decode().splitlines() == [f"not said in {form}: {sentence}" for sentence in expected.unsaid]
    if form == "html":
        assert child(COMMAND, "contract", "export", name, "--to", form, cwd=tmp_path).stdout == expected.text.encode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mobtextin", "--to", "html"), "Did you mean 'mobtexting'?"),
        (("mobtexting", "--to", "word"), "'word' is not one of"),
        (("mobtexting",), "Missing option '--to'"),
        (("mobtexting", "--to", "html", "--out", "no/such/folder/file"), "no/such/folder/file: --out: it cannot be written"),
        (("mobtexting", "--to", "html", "--out", "."), "it cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """An unknown contract or format and a file that cannot be written end with exit code 4, the cause and no traceback."""
    told = child(COMMAND, "contract", "export", *arguments, cwd=tmp_path)
    assert told.returncode == 4
    assert told.stdout == b""
    assert said in told.stderr.decode()
    assert b"Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_event_has_a_sample_and_what_is_unsaid_is_in_the_document(name: str) -> None:
    """The documents show a body for each event, and list under ``x-hookproof`` what the command tells of."""
    promised = contract(name)
    openapi, asyncapi = (FORMATS[form](promised) for form in ("openapi", "asyncapi"))
    document, messages = json.loads(openapi.text), json.loads(asyncapi.text)["components"]["messages"].values()
    bodies = [item["post"]["requestBody"]["content"]["application/json"] for item in document["webhooks"].values()]
    assert all(body["examples"] for body in bodies)
    assert all(message["examples"] for message in messages)
    assert tuple(document["x-hookproof"]["unsaid"]) == openapi.unsaid
    assert tuple(json.loads(asyncapi.text)["x-hookproof"]["unsaid"]) == asyncapi.unsaid
    sums = sum(len(event.relations) for event in promised.events.values())
    assert sum(" is the sum of " in sentence for sentence in openapi.unsaid) == sums


@pytest.mark.parametrize(
    ("name", "promised", "possible"),
    [
        ("standard_webhooks", {"webhook-id", "webhook-timestamp", "webhook-signature"}, set()),
        ("active_reach", set(), {"x-aegis-signature"}),
        ("mobtexting", set(), {"signature", "timestamp"}),
        ("whatsapp_crm", set(), set()),
        (
            "orbit",
            set(),
            {
                *("User-Agent", "X-Devotel-Event-Id", "X-Devotel-Event-Type", "X-Devotel-Delivery-Id"),
                *("webhook-id", "webhook-timestamp", "webhook-signature", "x-devotel-signature"),
            },
        ),
    ],
)
def test_header_fields_are_those_of_the_policy(name: str, promised: set[str], possible: set[str]) -> None:
    """Each delivery has the fields of policy and signature scheme once; only documented ones are required, and the type is the event's."""
    document, other = (json.loads(FORMATS[form](contract(name)).text) for form in ("openapi", "asyncapi"))
    for event, item in document["webhooks"].items():
        fields = [document["components"]["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p for p in item["post"]["parameters"]]
        assert {field["in"] for field in fields} <= {"header"}
        assert sorted(field["name"] for field in fields) == sorted(promised | possible)
        assert {field["name"] for field in fields if field["required"]} == promised
        assert [field["schema"]["const"] for field in fields if "const" in field["schema"]] == ([event] if name == "orbit" else [])
        headers = other["components"]["messages"][event.replace(":", ".")].get("headers", {"properties": {}, "required": []})
        assert set(headers["properties"]) == promised | possible
        assert set(headers["required"]) == promised


def test_a_folder_is_exported_like_a_name(tmp_path: Path) -> None:
    """NAME may be the folder of a contract of one's own."""
    told = child(COMMAND, "contract", "export", str(ROOT / "contracts" / "whatsapp_crm"), "--to", "markdown", cwd=tmp_path)
    assert told.stdout == FORMATS["markdown"](contract("whatsapp_crm")).text.encode()


@pytest.mark.parametrize("form", FORMATS)
def test_odd_contracts_are_exported(form: str) -> None:
    """No contract that can be read is too odd for a format."""
    assert all(FORMATS[form](promised).text for promised in contracts().values())
