"""What `kubectl apply -k` would apply: kustomize, as far as `deploy/` uses it.

Where there is a `kubectl`, a test compares the two. Everything else of kustomize is refused, so
that nothing is passed over.
"""

from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
_KNOWN = {"apiVersion", "kind", "resources", "namespace", "images", "patches"}


def build(folder: Path) -> dict[tuple[str, str], Object]:
    """The objects of a kustomization, by kind and name.

    Raises:
        ValueError: it uses something that is not understood here, or names what is not there.
    """
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := plan.keys() - _KNOWN:
        raise ValueError(f"{folder.name}: {', '.join(sorted(unknown))} is not understood")
    objects: dict[tuple[str, str], Object] = {}
    for name in plan["resources"]:
        found = build(folder / name) if (folder / name).is_dir() else _read(folder / name)
        if twice := objects.keys() & found.keys():
            raise ValueError(f"{name}: {twice} is there already")
        objects |= found
    for patch in plan.get("patches", []):
        if patch.keys() != {"path"}:
            raise ValueError(f"{folder.name}: only patches with a path are understood")
        for key, change in _read(folder / patch["path"]).items():
            if key not in objects:
                raise ValueError(f"{patch['path']}: there is no {key} to be changed")
            _merge(objects[key], change)
    for one in objects.values():
        _rename_images(one, {image["name"]: image for image in plan.get("images", [])})
        if "namespace" in plan and one["kind"] != "Namespace":
            one["metadata"]["namespace"] = plan["namespace"]
    return objects


def pod(one: Object) -> Object | None:
    """The pod that an object makes, if it makes one."""
    match one["kind"]:
        case "Deployment" | "Job":
            return one["spec"]["template"]
        case "CronJob":
            return one["spec"]["jobTemplate"]["spec"]["template"]
    return None


def containers(one: Object) -> list[Object]:
    """Every container of the pod that an object makes; the first ones are those that prepare."""
    spec = (pod(one) or {"spec": {"containers": []}})["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def _read(path: Path) -> dict[tuple[str, str], Object]:
    found = list(yaml.safe_load_all(path.read_text()))
    objects = {(one["kind"], one["metadata"]["name"]): one for one in found}
    if len(objects) != len(found):
        raise ValueError(f"{path.name}: two objects have one name")
    return objects


def _merge(into: Object, change: Object) -> None:
    """A strategic merge of mappings; null takes a value away."""
    for name, value in change.items():
        match value:
            case None:
                into.pop(name, None)
            case dict():
                _merge(into.setdefault(name, {}), value)
            case list():
                raise ValueError(f"{name}: a patch of a list is not understood")
            case _:
                into[name] = value


def _rename_images(one: Object, images: dict[str, Object]) -> None:
    for container in containers(one):
        name, _, tag = container["image"].partition(":")
        if image := images.get(name):
            container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"
