"""The tests' reader of Dockerfiles and `.dockerignore` understands what ours say."""

import pytest

from tests.support.deploy.dockerfile import environment, is_ignored, read_dockerfile

TEXT = """# A comment
FROM python:3.11 AS base
ENV ONE=1 PATH=/base:$PATH

FROM base as build
RUN --mount=type=cache,target=/root/.cache first \\
    # a comment in between
    && second
COPY --from=base ["/a b", "/c"]
ENV PATH=/build:$PATH TWO="a b"

FROM base
HEALTHCHECK --interval=5s CMD ["true"]
CMD ["run", "it"]
"""


def test_stages_have_names_bases_and_instructions() -> None:
    base, build, final = read_dockerfile(TEXT)
    assert [(s.base, s.name) for s in (base, build, final)] == [
        ("python:3.11", "base"),
        ("base", "build"),
        ("base", ""),
    ]
    run = build.last("RUN")
    assert run.text == "first     && second"
    assert run.flags == {"mount": "type=cache,target=/root/.cache"}
    assert build.last("COPY").words == ["/a b", "/c"]
    assert build.last("COPY").flags == {"from": "base"}
    assert final.last("CMD").words == ["run", "it"]
    assert final.last("HEALTHCHECK").text == 'CMD ["true"]'
    with pytest.raises(LookupError, match="has no CMD"):
        base.last("CMD")


def test_environment_is_that_of_the_stages_below() -> None:
    stages = read_dockerfile(TEXT)
    assert environment(stages, stages[1], {"PATH": "/bin"}) == {
        "ONE": "1",
        "PATH": "/build:/base:/bin",
        "TWO": "a b",
    }


def test_instruction_without_a_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="RUN stands before the first FROM"):
        read_dockerfile("RUN true\n")


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("README.md", True),
        ("web/site/urls.py", False),
        ("web/__pycache__/urls.pyc", True),
        ("__pycache__/manage.pyc", True),
        ("website/urls.py", True),
        ("docker/probe.py", False),
        ("docker/other.py", True),
        ("docker", True),
        ("web/notes.txt", True),
        ("web/deep/notes.txt", False),
    ],
)
def test_last_pattern_that_matches_decides(path: str, ignored: bool) -> None:
    patterns = ["*", "!web", "!docker/probe.py", "**/__pycache__", "web/*.txt"]
    assert is_ignored(path, patterns) is ignored
