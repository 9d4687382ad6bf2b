"""Frigate's MQTT topics: what its cameras see becomes counts of persons and vehicles.

A device is a camera (address: its name in Frigate), its points are the zones; `""` is the whole
picture. Counts at an instant are those of the objects that were there, by `frame_time`
(`ingest.codecs.frigate_scene`). Count topics carry no time and are stamped on arrival.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ingest.codecs.flat import NotAnObject, as_number, load_object
from ingest.codecs.frigate_scene import KEPT_S, QUANTITY_OF, Counted, Scene, Seen
from ingest.codecs.heard import ForeignSample, ForeignStatus, Heard, Incoming
from ingest.codecs.instant import from_posix
from ingest.codecs.sample import Fault, named, shown

MAX_BYTES = 256 * 1024
_SETTINGS = ("set", "state", "snapshot")


class _Refused(ValueError):
    """The message cannot be used; the text says why."""


class Frigate:
    """Reads Frigate's topics for the cameras that a site file names.

    `zones` says to which camera a zone belongs, for the count topics, which do not.
    """

    def __init__(self, addresses: Iterable[str], zones: Mapping[str, str]) -> None:
        """Take the addresses behind the door `frigate`."""
        self._zones = dict(zones)
        self._scenes = {each: Scene() for each in addresses}
        for zone, camera in self._zones.items():
            if camera in self._scenes:
                self._scenes[camera].zones.add(zone)

    def read(self, incoming: Incoming) -> Heard:
        """Read one message."""
        try:
            return self._read(incoming)
        except (_Refused, NotAnObject) as fault:
            return Heard(faults=[Fault(str(fault), incoming.payload)])

    def _read(self, incoming: Incoming) -> Heard:
        levels = incoming.levels[1:]
        known = {
            "available": self._available,
            "events": self._event,
            "reviews": _review,
            "stats": self._stats,
        }
        if len(levels) == 1 and levels[0] in known:
            return known[levels[0]](incoming)
        if len(levels) == 2 and levels[1] in QUANTITY_OF:
            return self._count(levels[0], levels[1], incoming)
        if levels and (levels[-1] in _SETTINGS or len(levels) != 2):
            return Heard(ignored="a picture or a setting of a camera")
        return Heard(ignored="counts of objects that are no quantity here")

    def _available(self, incoming: Incoming) -> Heard:
        """Take Frigate's birth or last will: with it every object it followed is gone."""
        word = incoming.payload[:32].decode(errors="replace").strip().strip('"')
        if word not in ("online", "offline"):
            raise _Refused(f"available is {shown(word)}; online or offline is needed")
        if not incoming.is_replay:
            for scene in self._scenes.values():
                scene.clear()
        status = ForeignStatus(
            "", word == "online", None, {"said": "frigate/available"}, reaches_below=True
        )
        return Heard(statuses=[status])

    def _event(self, incoming: Incoming) -> Heard:
        body = load_object(incoming.payload, MAX_BYTES)
        seen = _seen(body)
        if seen is None:
            return Heard(ignored="an object that is no quantity here")
        camera, what = seen
        if what.is_false:
            return Heard(ignored="a false positive")
        at = from_posix(what.frame_time)
        if at is None:
            raise _Refused(f"after.frame_time {what.frame_time} is no instant")
        scene = self._scenes.get(camera)
        if scene is None:
            return Heard([ForeignSample(camera, at, {})])
        counted = scene.take(what)
        if counted is None:
            said = f"frame_time is more than {KEPT_S:.0f} s before the newest of the camera"
            raise _Refused(f"{said}: who else was there then is not known any more")
        return Heard(_samples(camera, counted))

    def _stats(self, incoming: Incoming) -> Heard:
        """Say anew what cameras see now, so that one where nothing moves is not overdue."""
        body = load_object(incoming.payload, MAX_BYTES)
        cameras, service = body.get("cameras"), body.get("service")
        if not isinstance(cameras, dict) or not isinstance(service, dict):
            raise _Refused("`cameras` and `service` are needed in the statistics")
        time = as_number(service.get("last_updated"))
        at = None if time is None else from_posix(time)
        if at is None or time is None:
            raise _Refused(f"service.last_updated is {shown(service.get('last_updated'))}")
        samples: list[ForeignSample] = []
        statuses: list[ForeignStatus] = []
        for camera, scene in self._scenes.items():
            entry = cameras.get(camera)
            fps = as_number(entry.get("camera_fps")) if isinstance(entry, dict) else None
            is_seeing = fps is not None and fps > 0
            detail = {"said": "frigate/stats", "camera_fps": shown(fps)}
            statuses.append(ForeignStatus(camera, is_seeing, at, detail))
            if is_seeing:
                samples += _samples(camera, scene.look(time))
        return Heard(samples, statuses=statuses)

    def _count(self, name: str, label: str, incoming: Incoming) -> Heard:
        """Take a count that Frigate made of one label; only a person's is a quantity by itself."""
        if label != "person":
            return Heard(ignored="a count of one sort of vehicle")
        try:
            count = int(incoming.payload[:20])
        except ValueError:
            raise _Refused(f"the count is {shown(incoming.payload[:20])}") from None
        quantity = QUANTITY_OF[label]
        is_camera = name in self._scenes
        camera = name if is_camera else self._zones.get(name, name)
        called = quantity if is_camera else f"{name}/{quantity}"
        at = incoming.received_at
        return Heard([ForeignSample(camera, at, {called: float(count)}, is_reckoned=True)])


def _review(incoming: Incoming) -> Heard:
    """Look at a review: it groups events that came by themselves, and adds no count."""
    load_object(incoming.payload, MAX_BYTES)
    return Heard(ignored="a review, whose events came by themselves")


def _samples(camera: str, counted: Sequence[Counted]) -> list[ForeignSample]:
    found: dict[tuple[datetime, bool], dict[str, float]] = {}
    for each in counted:
        name = f"{each.zone}/{each.quantity}" if each.zone else each.quantity
        found.setdefault((each.at, each.is_settled), {})[name] = float(each.n)
    return [
        ForeignSample(camera, at, values, is_reckoned=not is_settled)
        for (at, is_settled), values in found.items()
    ]


def _seen(body: Mapping[str, Any]) -> tuple[str, Seen] | None:
    """Read what an event says of an object; None for objects that are nothing here."""
    after = body.get("after")
    if body.get("type") not in ("new", "update", "end") or not isinstance(after, dict):
        raise _Refused("`type` new, update or end, and `after`, are needed in an event")
    label, time = after.get("label"), as_number(after.get("frame_time"))
    texts = (after.get("id"), after.get("camera"), label)
    if not all(isinstance(each, str) for each in texts) or time is None:
        raise _Refused("`after` needs id, camera, label and frame_time")
    quantity = QUANTITY_OF.get(str(label))
    if quantity is None:
        return None
    zones = after.get("current_zones")
    if not isinstance(zones, list) or not all(isinstance(each, str) for each in zones):
        raise _Refused(f"after.current_zones is {shown(zones)}; a list of names is needed")
    seen = Seen(
        id=str(after["id"]),
        quantity=quantity,
        frame_time=time,
        zones=frozenset(zones[:64]),
        is_over=body["type"] == "end" or after.get("end_time") is not None,
        is_false=after.get("false_positive") is True,
    )
    return named(str(after["camera"])), seen
