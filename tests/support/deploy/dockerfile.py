"""Reads Dockerfiles and `.dockerignore`, as far as ours use their language."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word in capitals, its `--flags`, and the rest."""

    word: str
    flags: Mapping[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        """The rest as words, whether written as JSON or with spaces between."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclass
class Stage:
    """From one FROM to the next; `base` is an image, or the name of a stage before."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        """Every instruction of this kind, in order."""
        return [one for one in self.instructions if one.word == word]

    def last(self, word: str) -> Instruction:
        """The one that counts.

        Raises:
            LookupError: the stage has none.
        """
        found = self.all(word)
        if not found:
            raise LookupError(f"The stage from {self.base} has no {word}.")
        return found[-1]


def read_dockerfile(text: str) -> list[Stage]:
    """Its stages, in order.

    Raises:
        ValueError: something stands before the first FROM, or a FROM cannot be read.
    """
    stages: list[Stage] = []
    for one in _instructions(text):
        if one.word == "FROM":
            found = re.fullmatch(r"(\S+)(?:\s+AS\s+(\S+))?", one.text, re.I)
            if found is None:
                raise ValueError(f"FROM {one.text}: not an image and a name.")
            base, name = found.groups("")
            stages.append(Stage(base, name))
        elif stages:
            stages[-1].instructions.append(one)
        else:
            raise ValueError(f"{one.word} stands before the first FROM.")
    return stages


def environment(stages: list[Stage], stage: Stage, given: Mapping[str, str]) -> dict[str, str]:
    """What ENV makes of the `given` variables in this stage and in those it is built on."""
    below = next((one for one in stages if one.name == stage.base), None)
    values = dict(given) if below is None else environment(stages, below, given)
    for one in stage.all("ENV"):
        pairs = dict(word.split("=", 1) for word in one.words)
        values |= {name: expanded(value, values) for name, value in pairs.items()}
    return values


def expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with every `$NAME` replaced."""
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], text)


def is_ignored(path: str, patterns: list[str]) -> bool:
    """Whether `.dockerignore` keeps this file, named from the top, out of the build."""
    parts = path.split("/")
    names = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    ignored = False
    for pattern in patterns:
        if any(re.fullmatch(_regex(pattern.removeprefix("!")), name) for name in names):
            ignored = not pattern.startswith("!")
    return ignored


def ignore_patterns(dockerfile: Path) -> list[str]:
    """The lines of the `.dockerignore` that belongs to a Dockerfile."""
    lines = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _instructions(text: str) -> Iterator[Instruction]:
    # Comments may stand between the lines of one instruction.
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        word, rest = line.split(None, 1)
        flags = {}
        while found := re.match(r"--([\w-]+)=(\S+)\s+", rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        yield Instruction(word.upper(), flags, rest.strip())


def _regex(pattern: str) -> str:
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(meaning.get(piece) or re.escape(piece) for piece in pieces)
