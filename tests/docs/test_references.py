"""What code and prose refer to by number or path is there, and is about the subject."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
NUMBER = re.compile(r"(?i)\bdecisions?[ /](\d{4})(-[\w-]+\.md)?")
# To a file of ours, perhaps to a heading in it; an address of the internet has a colon.
LINK = re.compile(r"\]\(([^():#\s]*)(?:#([\w-]+))?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
RUNBOOK = re.compile(r"docs/runbooks/[\w-]+\.md")
TEXT = {".py", ".md", ".tf", ".hcl", ".toml", ".html", ".yml", ".in", ""}


def texts() -> dict[str, str]:
    """Every file of the project that people write, by its path; this one is full of examples."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / name for name in listed.splitlines() if Path(name).suffix in TEXT]
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file() and path != Path(__file__)
    }


def test_every_decision_that_is_named_is_recorded() -> None:
    recorded = {path.name[:4]: path.name[4:] for path in DECISIONS.glob("*.md")}
    named = [
        (where, number, rest) for where, text in texts().items() for number, rest in NUMBER.findall(text)
    ]
    assert named
    assert [one for one in named if one[1] not in recorded or one[2] not in {"", recorded[one[1]]}] == []


def test_no_two_decisions_share_a_number_and_each_is_headed_by_its_own() -> None:
    paths = sorted(DECISIONS.glob("*.md"))
    assert len({path.name[:4] for path in paths}) == len(paths)
    assert [path.name for path in paths if not path.read_text().startswith(f"# {path.name[:4]}. ")] == []


def test_the_connection_without_the_authoritys_bundle_refers_to_the_decision_about_it() -> None:
    (number,) = [found[0] for found in NUMBER.findall(texts()["app/config/database.py"])]
    (record,) = DECISIONS.glob(f"{number}-*.md")
    assert "TLS" in record.read_text()


def test_every_runbook_that_is_named_is_there() -> None:
    named = {found for text in texts().values() for found in RUNBOOK.findall(text)}
    assert named
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []


def links() -> list[tuple[str, str, str]]:
    """(document, path, anchor) of every link from one file of the project to another."""
    return [
        (where, path, anchor)
        for where, text in texts().items()
        if where.endswith(".md")
        for path, anchor in LINK.findall(CODE.sub("", text))
    ]


def anchors(document: Path) -> set[str]:
    """What GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_documents_leads_somewhere() -> None:
    lost = []
    for where, path, anchor in links():
        target = (ROOT / where).parent / path if path else ROOT / where
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append((where, f"{path}#{anchor}" if anchor else path))
    assert len(links()) > 100
    assert lost == []


def test_every_line_of_the_pillars_names_where_it_is_done() -> None:
    """A link, which the test above follows, or a make target, which tests/contracts/test_make.py looks up."""
    document = (ROOT / "docs" / "well-architected.md").read_text()
    rows = [line for line in document.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    practices = [row for row in rows if not row.startswith(("| practice ", "| lever "))]
    assert len(practices) > 30
    assert [
        row for row in practices if not LINK.search(row) and "`make " not in row and '`"' not in row
    ] == []
