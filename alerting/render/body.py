"""A notice as a JSON object for systems, format `groundwatch.notice/1`.

The object that `alerting.channels.webhook` posts, and what each part holds:

- `format`: the text `groundwatch.notice/1`; within one number keys are only ever added.
- `id`: the idempotency key; the same notice sent again carries the same id.
- `reason`: first, severity_rose, severity_fell, repeat, escalated, cleared, withdrawn,
  card, returned or recurred.
- `exercise`: false for a real alert; `mark` is then `actual`, and else `exercise` or `test`.
- `created_at`: when the notice was made. All instants are RFC 3339 in UTC, ending in Z.
- `recipient`: `id`, `name` and `language` of the person; never the address, which may hold a token.
- `alert`: identity, state, severity word and colour, position (WGS 84), value, limit, unit, reason
  in a sentence (in Chinese as `reason_zh`), provenance of the limit, and its instants (null where
  not reached).
- `site_name`: what people call the site of the alert; null where nobody has said.
- `transition`: the step of the alert's life this notice is about; `late_by_s` when the reading came
  later than its pack allows.
- `card`: `teams`, `supplies`, `cameras`, `places` (shelters, hospitals, pumps, and what may be in
  danger), each with distance, travel time, freshness and why; the command `chain`, the `shortfall`
  in words, the `orders` given, the `official` warnings in force there; null when it was not ready.
- `batch`: several alerts in one notice (a group or a storm): `counts` of those that stand by
  severity, the `worst` by name, every one in `alert_ids`; null for a notice about one. `alert` is
  then the worst of them.
- `remarks`: what the receiver should know about this notice, for example that it was not recorded.
- `text`: the same in words in the recipient's language.
- `task`: the id of the order the notice is about, else null; the alert then has the order's id.
- `link`: the path under which the program answers for the alert.
- `gbt35965`: `identifier`, `sender`, `severity` (a colour) under which systems of GB/T 35965 know
  the message; null where no issuing unit is configured or the record is away.
- `ack_link`: an address at which the recipient acknowledges, once and for a while; theirs alone.

Missing numbers are null.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerting.model import Alert, Card, Mark, Notice, Responder, Transition
from alerting.render.gathered import batch_json
from alerting.render.text import path_of, render_text
from alerting.sentence import in_chinese
from sensors.model import SensorKey

FORMAT = "groundwatch.notice/1"


def render_json(notice: Notice, gbt35965: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Give the notice as a JSON object of format `groundwatch.notice/1`.

    Keys are only ever added within one format number. Instants are RFC 3339 in UTC; missing
    numbers are null. The recipient's address is left out because it may carry a token.
    """
    return {
        "format": FORMAT,
        "id": notice.id,
        "reason": notice.reason.value,
        "exercise": notice.mark is not Mark.ACTUAL,
        "mark": notice.mark.value,
        "created_at": _instant(notice.created_at),
        "recipient": {
            "id": notice.recipient.id,
            "name": notice.recipient.name,
            "language": notice.recipient.language,
        },
        "site_name": notice.place_name or None,
        "alert": _alert_json(notice.alert),
        "transition": _transition_json(notice.transition),
        "card": None if notice.card is None else _card_json(notice.card),
        "batch": None if notice.batch is None else batch_json(notice.batch),
        "remarks": list(notice.remarks),
        "text": render_text(notice, notice.recipient.language),
        "task": notice.task or None,
        "gbt35965": None if gbt35965 is None else dict(gbt35965),
        "link": path_of(notice),
        "ack_link": notice.ack_link or None,
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def _alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "exercise": alert.mark is not Mark.ACTUAL,
        "state": alert.state.value,
        "site": alert.site,
        "sensor": _sensor_json(alert.sensor),
        "hazard": alert.hazard,
        "rule_id": alert.rule_id,
        "pack": alert.pack,
        "severity": alert.severity.word,
        "colour": alert.severity.colour,
        "peak": alert.peak.word,
        "position": {"lat": alert.position.lat, "lon": alert.position.lon},
        "started_at": _instant(alert.started_at),
        "detected_at": _instant(alert.detected_at),
        "severity_at": _instant(alert.severity_at),
        "ended_at": _instant(alert.ended_at),
        "acknowledged_at": _instant(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
        "awaiting_sign_off": alert.awaiting_sign_off,
        "value": alert.value,
        "limit": alert.limit,
        "unit": alert.unit,
        "reason": alert.reason,
        "reason_zh": in_chinese(alert.said, alert.reason),
        "provenance": {
            "source": alert.provenance.source,
            "clause": alert.provenance.clause,
            "confidence": alert.provenance.confidence,
        },
        "ordinal": alert.ordinal,
    }


def _sensor_json(key: SensorKey) -> dict[str, str]:
    return {
        "site": key.site,
        "device": key.device,
        "point": key.point,
        "quantity": key.quantity,
    }


def _transition_json(transition: Transition) -> dict[str, Any]:
    return {
        "ordinal": transition.ordinal,
        "kind": transition.kind.value,
        "severity": transition.severity.word,
        "taken_at": _instant(transition.taken_at),
        "detected_at": _instant(transition.detected_at),
        "value": transition.value,
        "reason": transition.reason,
        "reason_zh": in_chinese(transition.said, transition.reason),
        "final": transition.final,
        "late_by_s": transition.late_by_s,
        "actor": transition.actor,
    }


def _card_json(card: Card) -> dict[str, Any]:
    return {
        "teams": [_responder_json(responder) for responder in card.teams],
        "supplies": [_responder_json(responder) for responder in card.supplies],
        "cameras": [_responder_json(responder) for responder in card.cameras],
        "chain": [
            {"tier": link.tier, "place": link.place, "person": link.person, "phone": link.phone}
            for link in card.chain
        ],
        "places": [_responder_json(responder) for responder in card.places],
        "shortfall": list(card.shortfall),
        "orders": [{"en": said.en, "zh": said.zh} for said in card.orders],
        "official": [{"en": said.en, "zh": said.zh} for said in card.official],
        "looked_up_at": _instant(card.looked_up_at),
        "missing": card.missing,
    }


def _responder_json(responder: Responder) -> dict[str, Any]:
    return {
        "id": responder.id,
        "name": responder.name,
        "what": responder.what,
        "position": {"lat": responder.position.lat, "lon": responder.position.lon},
        "distance_m": responder.distance_m,
        "travel_s": responder.travel_s,
        "travel_how": responder.travel_how,
        "phone": responder.phone,
        "as_of": responder.as_of,
        "why": responder.why,
        "items": [
            {"item": name, "count": count, "unit": unit} for name, count, unit in responder.items
        ],
        "link": responder.link,
    }
