"""Building the import image: what a container engine is asked for, and what is said where there is none."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from ops import import_image
from ops.import_image import ImageError, build_and_push
from ops.sources import read_sources

URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/coalition-builder-geodata-import"
MANIFEST = (
    '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",'
    ' "layers": [], "config": {"digest": "sha256:0"}}'
)


@pytest.fixture(autouse=True)
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("ecr", region_name="us-east-1").create_repository(
            repositoryName="coalition-builder-geodata-import"
        )
        yield


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program by the name of docker that writes down what it is asked for, as there is no engine to test with."""
    asked, programs = tmp_path / "asked", tmp_path / "bin"
    programs.mkdir()
    program = programs / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n[ "$1" != login ] || cat >> {asked}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return asked


def test_the_image_is_built_for_the_tasks_machine_and_pushed_by_its_releases_name(
    engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = build_and_push(URL, "prod")
    assert tag == read_sources(import_image.ROOT).release_id
    info, login, password, build, push = (
        engine.read_text().replace("-auth-token", "-auth-token\n").splitlines()[:5]
    )
    assert info == "info"
    assert login == f"login --username AWS --password-stdin {URL.partition('/')[0]}"
    assert password
    assert build == (
        f"build --pull --platform linux/amd64 --build-arg RELEASE_ID={tag} --tag {URL}:{tag} {import_image.ROOT}"
    )
    assert push == f"push {URL}:{tag}"
    assert f'import_image_tag = "{tag}" in terraform/environments/prod.tfvars' in capsys.readouterr().out


def test_an_image_that_is_pushed_is_not_built_again(engine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tag = read_sources(import_image.ROOT).release_id
    boto3.client("ecr", region_name="us-east-1").put_image(
        repositoryName="coalition-builder-geodata-import", imageManifest=MANIFEST, imageTag=tag
    )
    assert build_and_push(URL, "prod") == tag
    assert not engine.exists()
    assert "in the repository already" in capsys.readouterr().out


def test_an_engine_that_fails_ends_it(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = next(Path(os.environ["PATH"].partition(os.pathsep)[0]).iterdir())
    program.write_text('#!/bin/sh\n[ "$1" = info ]\n')
    with pytest.raises(ImageError, match="docker login` failed"):
        build_and_push(URL, "prod")


def test_without_an_engine_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ImageError, match="Install and start Docker or Finch"):
        build_and_push(URL, "prod")


def test_an_engine_that_does_not_answer_is_none(engine: Path) -> None:
    program = next(Path(os.environ["PATH"].partition(os.pathsep)[0]).iterdir())
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(ImageError, match="No container engine answers"):
        import_image.find_engine()


def test_another_repository_is_refused() -> None:
    with pytest.raises(ImageError, match="no address of an ECR repository"):
        build_and_push("docker.io/somebody/image", "prod")
