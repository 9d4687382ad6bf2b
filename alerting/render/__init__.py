"""A notice as text for people (English or Chinese) and as JSON for systems; plain functions."""

from alerting.render.body import FORMAT, render_json
from alerting.render.chat import render_chat
from alerting.render.sms import SmsForm, render_sms, sms_fields
from alerting.render.text import alert_path, render_text, where
from alerting.render.words import CARD_FOLLOWS, IN_PLACE_OF, NOT_RECORDED

__all__ = [
    "CARD_FOLLOWS",
    "FORMAT",
    "IN_PLACE_OF",
    "NOT_RECORDED",
    "SmsForm",
    "alert_path",
    "render_chat",
    "render_json",
    "render_sms",
    "render_text",
    "sms_fields",
    "where",
]
