"""Finding Terraform and its provider, and the report of the checks."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from ops import offline_aws, terraform
from ops.processes import wait_until
from tests.terraform.plans import skipped_without_terraform

PROVIDER = Path("registry.terraform.io/hashicorp/aws")


@pytest.fixture(autouse=True)
def _no_configuration_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TF_PLUGIN_DIR", "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_a_mirror_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / PROVIDER).mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    assert terraform.plugin_folder() == tmp_path


def test_a_mirror_that_is_named_and_empty_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    with pytest.raises(terraform.UnavailableError, match=r"TF_PLUGIN_DIR is .* where there is no"):
        terraform.plugin_folder()


def test_an_operators_configuration_file_is_left_to_terraform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "terraformrc"
    configuration.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    assert terraform.plugin_folder() is None
    assert terraform.environment()["TF_CLI_CONFIG_FILE"] == str(configuration)


def test_a_configuration_file_that_is_not_there_is_not_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing"))
    assert "TF_CLI_CONFIG_FILE" not in terraform.environment()


def test_an_implied_place_is_found(tmp_path: Path) -> None:
    place = tmp_path / "home" / ".terraform.d" / "plugins"
    (place / PROVIDER).mkdir(parents=True)
    assert terraform.plugin_folder() == place


def test_without_terraform_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(terraform.UnavailableError, match=r"not on PATH: install version 1\.11"):
        terraform.binary()


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_where_terraform_can_not_run_a_person_is_told_and_a_ci_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, ci: str, status: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("sys.argv", ["ops.terraform", "check"])
    assert terraform.main() == status
    assert "NOT CHECKED: the Terraform code. terraform is not on PATH" in capsys.readouterr().err


def fake_terraform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """A program of that name, for what the real one does only where the network is cut."""
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_without_mirror_and_registry_it_says_how_to_name_a_mirror(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusal = "Error: Failed to query available provider packages\ncould not connect to registry.terraform.io"
    fake_terraform(monkeypatch, tmp_path, f"echo '{refusal}' >&2; exit 1")
    with pytest.raises(terraform.UnavailableError, match="could not connect") as refused:
        terraform.init(tmp_path)
    assert "TF_PLUGIN_DIR=FOLDER" in str(refused.value)


def test_on_another_platform_it_says_how_to_lock_the_provider_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusal = "Error: Failed to install provider\nit does not match any of the checksums previously recorded"
    fake_terraform(monkeypatch, tmp_path, f"echo '{refusal}' >&2; exit 1")
    with pytest.raises(terraform.UnavailableError, match="providers lock -platform=darwin_arm64"):
        terraform.init(tmp_path)


@pytest.fixture
def faulty_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only one there is to check; its fault stands in a file that has the provider's name."""
    with skipped_without_terraform():
        terraform.binary()
    (tmp_path / "provider.tf").write_text('resource "terraform_data {}\n')
    monkeypatch.setattr(terraform, "ROOT", tmp_path)
    monkeypatch.setattr(terraform, "TERRAFORM", tmp_path)
    monkeypatch.setattr(terraform, "folders", lambda: [tmp_path])
    monkeypatch.setattr(terraform, "_checkov", lambda: "")
    return tmp_path


def test_a_fault_in_our_own_files_is_no_missing_provider(faulty_module: Path) -> None:
    with pytest.raises(terraform.TerraformError, match="Invalid string literal") as refused:
        terraform.init(faulty_module)
    assert not isinstance(refused.value, terraform.UnavailableError)


@pytest.mark.usefixtures("faulty_module")
def test_a_folder_that_terraform_can_not_read_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "")
    monkeypatch.setattr("sys.argv", ["ops.terraform", "check"])
    assert terraform.main() == 1
    said = capsys.readouterr()
    assert "Invalid string literal" in said.out
    assert "NOT CHECKED" not in said.err


def test_a_terraform_that_is_too_old_is_said_as_such(faulty_module: Path) -> None:
    (faulty_module / "provider.tf").write_text('terraform {\n  required_version = ">= 99"\n}\n')
    with pytest.raises(terraform.UnavailableError, match="does not support Terraform version"):
        terraform.init(faulty_module)


# Goes on until it is interrupted, says so, and takes a second to save its state. Left alone it ends without.
SLOW_TERRAFORM = """
trap 'echo interrupted >> said; is_interrupted=1' INT
trap 'echo ended early >> said; exit 1' HUP TERM
echo begun > said
for tenth in $(seq 1200); do [ "$is_interrupted" ] && break; sleep 0.1; done
for tenth in $(seq 10); do sleep 0.1; done
echo state saved >> said
"""
COMMAND = """
import os, signal, subprocess
from pathlib import Path
from ops import terraform
from ops.processes import ended_by_signals, wait_until
class Popen(subprocess.Popen):
    {method}
subprocess.Popen = Popen
with ended_by_signals():
    {verb}(Path(), "apply")
"""
# Says when it begins to wait for Terraform: a signal before that comes too early for any of them.
SAYS_THAT_IT_WAITS = """
    def communicate(self, *arguments):
        Path("waits").touch()
        return super().communicate(*arguments)
"""
# Terraform runs, and nobody waits for it yet.
IS_INTERRUPTED_AT_THE_START = """
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        said = Path("said")
        wait_until(lambda: said.exists() and said.read_text() != "", "It", timeout_seconds=60)
        os.kill(os.getpid(), signal.SIGINT)
"""


def started(folder: Path, verb: str, method: str) -> "subprocess.Popen[bytes]":
    """The command in a session of its own, as at a terminal."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND.format(verb=verb, method=method)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(terraform.ROOT)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A shell's background job ignores it, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call, no threads run
    )


def sleeps(pid: int) -> bool:
    """Whether it hears a signal at once: Python, on its way into a wait, hears one when the wait is over."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


@pytest.mark.parametrize("verb", ["terraform.show", "terraform.run"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whoever_interrupts_a_command_waits_until_terraform_has_saved_its_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str, number: int
) -> None:
    fake_terraform(monkeypatch, tmp_path, SLOW_TERRAFORM)
    command = started(tmp_path, verb, SAYS_THAT_IT_WAITS)
    said, waits = tmp_path / "said", tmp_path / "waits"
    wait_until(lambda: said.exists() and said.read_text() != "", "Terraform", timeout_seconds=60)
    wait_until(lambda: waits.exists() and sleeps(command.pid), "Who waits for it", timeout_seconds=60)
    # As a terminal sends it: to the command and all that it started in its session.
    os.killpg(command.pid, number)
    assert command.wait(timeout=180) != 0
    if number == signal.SIGKILL:
        wait_until(lambda: "saved" in said.read_text(), "What it leaves behind", timeout_seconds=60)
    assert said.read_text().splitlines() == ["begun", "interrupted", "state saved"]


def test_an_interruption_in_the_moment_of_its_start_is_waited_for_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_terraform(monkeypatch, tmp_path, SLOW_TERRAFORM)
    assert started(tmp_path, "terraform.show", IS_INTERRUPTED_AT_THE_START).wait(timeout=180) != 0
    assert (tmp_path / "said").read_text().splitlines() == ["begun", "interrupted", "state saved"]


def test_every_root_and_module_is_checked() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "terraform/*versions.tf"],
        cwd=terraform.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    tracked = {str(Path(path).parent) for path in listing.stdout.split()}
    assert {str(folder.relative_to(terraform.ROOT)) for folder in terraform.folders()} == tracked


def test_offline_aws_gives_passwords_of_the_asked_length_and_refuses_the_rest() -> None:
    with offline_aws.serve() as aws:
        answer = json.loads(call(aws, "secretsmanager.GetRandomPassword", {"PasswordLength": 64}))
        with pytest.raises(urllib.error.HTTPError) as refused:
            call(aws, "secretsmanager.GetSecretValue", {"SecretId": "any"})
        refused.value.close()
    assert len(answer["RandomPassword"]) == 64
    assert aws.passwords == [answer["RandomPassword"]]
    assert aws.refused == ["secretsmanager.GetSecretValue"]


def call(aws: offline_aws.OfflineAws, target: str, body: dict[str, object]) -> bytes:
    request = urllib.request.Request(aws.url, json.dumps(body).encode(), {"X-Amz-Target": target})
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content
