"""The Secrets Manager that a measured cold start reads is one that a stage starts from."""

import json
from importlib import import_module

from tests.stage import run

ASK = """
import json
from app.config import settings
database = settings.DATABASES["default"]
print(json.dumps([settings.SECRET_KEY, database["USER"], settings.ORIGIN_SECRETS, settings.SECRET_KEY_FALLBACKS]))
"""


def test_a_stage_reads_all_of_its_secrets_from_it() -> None:
    bench = import_module("benchmarks.lambda")
    with bench.secrets_environment() as environment:
        result = run("-c", ASK, environment=environment)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [bench.SECRETS["django"], "nobody", [bench.SECRETS["cdn"]], []]
    assert not {"SECRET_KEY", "DATABASE_URL", "ORIGIN_SECRET"} & environment.keys()
