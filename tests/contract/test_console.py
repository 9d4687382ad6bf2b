"""What the console adds to the contract of channels."""

import asyncio
import io
import os
import threading
from dataclasses import replace
from typing import TextIO

import pytest

from alerting.channels.console import Console
from tests.contract.roads import TO, error_of
from tests.unit.alerting_delivery.values import NOW, make_notice


class TestConsole:
    async def test_it_says_whom_the_notice_is_for(self) -> None:
        stream = io.StringIO()
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(to=replace(TO, address="+86 000 0000 0101")))
        await console.close()
        assert stream.getvalue().startswith("→ Duty Room +86 000 0000 0101\n[ORANGE] New alert")

    async def test_a_closed_stream_is_final(self) -> None:
        stream = io.StringIO()
        stream.close()
        console = Console(stream=stream, now=lambda: NOW)
        error = await error_of(console, make_notice())
        await console.close()
        assert not error.retryable

    async def test_a_pipe_whose_reader_left_may_be_tried_again(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        stream = os.fdopen(writing, "w", buffering=1)
        console = Console(stream=stream, now=lambda: NOW)
        error = await error_of(console, make_notice())
        await console.close()
        abandon(stream)
        assert error.retryable
        assert "Broken pipe" in error.reason

    async def test_a_stream_without_chinese_gets_escapes(self) -> None:
        buffer = io.BytesIO()
        stream = io.TextIOWrapper(buffer, encoding="ascii")
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(to=replace(TO, language="zh")))
        await console.close()
        assert rb"\u98ce\u901f" in buffer.getvalue()

    async def test_a_stream_nobody_reads_holds_up_only_the_console(self) -> None:
        reading, writing = os.pipe()
        stream = os.fdopen(writing, "w", buffering=1)
        console = Console(stream=stream, now=lambda: NOW)
        long = make_notice(remarks=("x" * 200_000,))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await console.send(long)
        reader = threading.Thread(target=drain, args=(reading,))
        reader.start()
        await console.send(make_notice())
        await console.close()
        stream.close()
        reader.join()

    async def test_names_cannot_steer_the_terminal(self) -> None:
        stream = io.StringIO()
        console = Console(stream=stream, now=lambda: NOW)
        await console.send(make_notice(remarks=("\x1b[2J\nforged line",)))
        await console.close()
        assert "\x1b" not in stream.getvalue()
        assert "Note:  [2J forged line" in stream.getvalue()


def drain(reading: int) -> None:
    while os.read(reading, 65536):
        pass
    os.close(reading)


def abandon(stream: TextIO) -> None:
    """Close a stream whose buffer can no longer be written."""
    with pytest.raises(BrokenPipeError):
        stream.close()
