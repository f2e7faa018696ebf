"""What is loaded at the start is not looked through for garbage; what comes after it is."""

from tests.stage import PRODUCTION, run


def test_a_command_collects_its_own_garbage_alone() -> None:
    asked = "import gc; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    result = run("manage.py", "shell", "--no-imports", "-v", "0", "-c", asked, environment=PRODUCTION)
    assert result.stdout == "True True\n", result.stderr
