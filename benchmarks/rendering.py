"""Prints the CPU microseconds of rendering: `python -m benchmarks.rendering`."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from postroom.shared.rendering.renderer import Renderer

ROUNDS = 15
NAMES = [f"v{i}" for i in range(10)]
# 10 variables, 3.8 kB of HTML and 0.3 kB of text, like many a notice.
BODY = "<p>{{ %s }} " + "some words about it " * 16 + "</p>\n"
HTML = "<!doctype html><html><head>%s</head><body>%s<p>Bye</p></body></html>"
CSS = "<style>p { margin: 0 } b { color: red }</style>"


def microseconds(call: Callable[[], object]) -> float:
    """The median of several rounds, each of about 20 ms."""
    call()
    began = process_time()
    call()
    calls = max(1, int(0.02 / max(process_time() - began, 1e-6)))
    rounds = []
    for _ in range(ROUNDS):
        began = process_time()
        for _ in range(calls):
            call()
        rounds.append((process_time() - began) / calls * 1e6)
    return median(rounds)


def write(folder: Path, name: str, **parts: str) -> None:
    """Write a template folder with these parts."""
    (folder / name).mkdir()
    for part, content in ({"subject_txt": "About {{ v0 }}"} | parts).items():
        (folder / name / part.replace("_", ".")).write_text(content)


def main() -> None:
    """Measure and print."""
    paragraphs = "".join(BODY % name for name in NAMES)
    text = "".join(f"{{{{ {name} }}}} some words about it\n" for name in NAMES)
    context = {name: f"value & {name}" for name in NAMES}
    with TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, "plain", body_html=HTML % ("", paragraphs), body_txt=text)
        write(folder, "styled", body_html=HTML % (CSS, paragraphs), body_txt=text)
        write(folder, "derived", body_html=HTML % (CSS, paragraphs))
        awkward = paragraphs.replace("<p>", "<p class='{{ v0 }}'>", 1)
        write(folder, "after", body_html=HTML % (CSS, awkward), body_txt=text)
        renderer = Renderer([folder])
        size = len(renderer.render("plain", context).html)
        print(f"10 variables, {size} characters of HTML; CPU microseconds per call")
        for label, call in {
            "render, no <style>": lambda: renderer.render("plain", context),
            "render, <style> inlined at load": lambda: renderer.render("styled", context),
            "render, <style> inlined after rendering": lambda: renderer.render("after", context),
            "render, text derived from the HTML": lambda: renderer.render("derived", context),
            "check": lambda: renderer.check("styled", context),
            "first render, compiling": lambda: Renderer([folder]).render("styled", context),
        }.items():
            print(f"{microseconds(call):10.1f}  {label}")
        for name in renderer.names():
            if "/" in name:
                sample = renderer.sample(name)
                cost = microseconds(lambda n=name, s=sample: renderer.render(n, s))
                print(f"{cost:10.1f}  render {name}")


if __name__ == "__main__":
    main()
