"""The signatures of Alibaba Cloud and Tencent Cloud against what their own libraries make."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from alerting.channels import sms_aliyun, sms_tencent

GOLDEN = Path(__file__).parents[2] / "golden" / "sms" / "signatures.json"


@pytest.fixture
def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text())
    return found


def test_aliyun(golden: dict[str, Any]) -> None:
    acs3 = golden["acs3"]
    assert sms_aliyun.canonical_query(acs3["query"]) == acs3["canonical_query"]
    secret = SecretStr(golden["key_secret"])
    found = sms_aliyun.authorization(golden["key_id"], secret, acs3["query"], acs3["headers"])
    assert found == acs3["authorization"]


def test_tencent(golden: dict[str, Any]) -> None:
    tc3 = golden["tc3"]
    config = sms_tencent.TencentConfig(
        name="sms",
        key_id=golden["key_id"],
        key_secret=SecretStr(golden["key_secret"]),
        app_id="1400000000",
        sign_name="示例预警",
        template="1",
    )
    now = datetime.fromtimestamp(tc3["timestamp"], UTC)
    found = sms_tencent.authorization(config, tc3["host"], tc3["body"].encode(), now)
    assert found.endswith(f"Signature={tc3['signature']}")
    assert f"Credential={golden['key_id']}/2026-06-01/sms/tc3_request" in found
