"""A domain is put in front of whatever production an operator has, and what a deploy told of it is read."""

from pathlib import Path

import pytest

from ops.rehearse import front
from ops.rehearse.visitor import UnexpectedAnswerError

ROOT = Path(__file__).resolve().parents[3]
OURS = f'prod = {{ cdn = {{ domain = "{front.DOMAIN}" }},'
TABLE = "ok      bring what is in front of it up to date          31.2 s  {}\nok      ask through the public address  1 s\n"


def test_the_committed_file_gets_the_domain() -> None:
    text = (ROOT / "terraform" / "environments" / "prod.tfvars").read_text()
    assert OURS in front.with_domain(text)


@pytest.mark.parametrize(
    "own",
    [
        "prod = { lambda_concurrency = 50 }",
        "prod = {\n    alarmed = true\n  }",
        'prod = { cdn = { domain = "example.org", waf = true }, public_url = "https://example.org" }',
        'prod = {\n    public_url = "https://example.org"\n    cdn = {\n      domain = "example.org"\n    }\n  }',
    ],
)
def test_an_operators_own_domain_gives_way_and_the_rest_stays(own: str) -> None:
    changed = front.with_domain(f"stages = {{\n  {own}\n}}\n")
    assert OURS in changed
    assert "example.org" not in changed
    assert changed.count("cdn =") == 1
    for kept in ("lambda_concurrency = 50", "alarmed = true"):
        assert (kept in own) == (kept in changed)


def test_a_file_without_the_stage_is_refused() -> None:
    with pytest.raises(UnexpectedAnswerError, match="0 stages prod"):
        front.with_domain("stages = {}\n")


def test_a_deploy_has_to_make_the_cdn_and_the_next_one_to_leave_it() -> None:
    made, left = (TABLE.format(f"https://{front.DOMAIN}{words}") for words in ("", ", as it was"))
    front.require_told(made, is_changed=True)
    front.require_told(left, is_changed=False)
    for said, is_changed in ((made, False), (left, True), ("nothing of it", True)):
        with pytest.raises(UnexpectedAnswerError, match="It does not tell of"):
            front.require_told(said, is_changed=is_changed)
